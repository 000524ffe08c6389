"""Workers, queues, the doorbell and the sweeper."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kombu import Connection
from starlette.testclient import TestClient

from backend.db import Database
from backend.queue import MOST_WAITING, TASK, Doorbell
from backend.rules.silence import SilenceWatch
from backend.sweeper import Sweeper
from backend.workers.reaper import Reaper
from tests.backend.support import API, FakeWorker, config, create_run

Connect = Callable[..., TestClient]
BROKER = "memory://"
"""Kombu's transport inside one process."""


def test_a_worker_shows_what_it_is_and_runs(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db, name="mine")
    worker.job()
    (shown,) = api.get(f"{API}/workers").json()
    assert (shown["name"], shown["status"], shown["slots"]) == ("bench", "online", 2)
    assert shown["devices"][1] == {"kind": "cpu", "index": 1, "name": "D", "memory_gb": 8.0}
    assert shown["running"] == [
        {"run_id": run_id, "name": "mine", "attempt": 1, "status": "starting"}
    ]
    assert worker.register().beat().json() == {"drain": False}
    assert len(api.get(f"{API}/workers").json()) == 1


def test_a_worker_that_leaves_is_offline_at_once(api: TestClient, worker: FakeWorker) -> None:
    answer = worker.client.post(f"{API}/worker/{worker.id}/leave")
    assert answer.status_code == 204
    assert [entry["status"] for entry in api.get(f"{API}/workers").json()] == ["offline"]
    assert api.get(f"{API}/queue").json()[0]["slots"] == 0


def test_the_queues_count_what_waits_what_runs_and_idle_slots(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    for _ in range(3):
        create_run(db)
    create_run(db, config=config(resources={"device": "cuda"}))
    worker.job()
    assert api.get(f"{API}/queue").json() == [
        {"name": "cpu", "queued": 2, "active": 1, "slots": 2, "idle_slots": 1},
        {"name": "gpu", "queued": 1, "active": 0, "slots": 0, "idle_slots": 0},
    ]


def test_a_valid_configuration_says_what_it_would_wait_for(
    api: TestClient, connect: Connect
) -> None:
    def waits_for(**resources: Any) -> Any:
        body = config(resources=resources)
        answer = api.post(f"{API}/config/validate", json=body).json()
        assert answer["config"] == body
        return answer["waits_for"]

    assert "No worker is online" in waits_for()
    FakeWorker(connect("worker")).register()
    assert waits_for() is None
    assert "queue gpu" in waits_for(device="cuda")
    assert "a100" in waits_for(labels=["a100"])
    assert "8 GB" in waits_for(min_memory_gb=9.0)


def test_a_slot_whose_gpu_is_not_free_is_no_idle_slot_and_runs_say_why_they_wait(
    api: TestClient, db: Database, connect: Connect
) -> None:
    worker = FakeWorker(connect("worker"), queues=["gpu"]).register()
    run_id = create_run(db, config=config(resources={"device": "cuda"}))

    def told(*troubles: str) -> tuple[str | None, int]:
        devices = [{"slot": slot, "trouble": text} for slot, text in enumerate(troubles)]
        use = {"cpu": 1, "memory_gb": 1, "memory_total_gb": 9, "devices": devices}
        body = {"counter": 1, "busy_slots": 0, "use": use}
        path = f"{API}/worker/{worker.id}/heartbeat"
        assert worker.client.post(path, json=body).status_code == 200
        (queue,) = [one for one in api.get(f"{API}/queue").json() if one["name"] == "gpu"]
        return api.get(f"{API}/runs/{run_id}").json()["waits_for"], queue["idle_slots"]

    assert told("", "") == (None, 2)
    assert told("", "Its memory is held.") == (None, 1)
    reason, idle = told("Its memory is held.", "Its memory is held.")
    assert reason == "No slot that it fits takes runs now. Slot 0 of bench: Its memory is held."
    assert idle == 0
    assert told("", "") == (None, 2)


def test_an_invalid_configuration_has_the_paths_of_the_form(api: TestClient) -> None:
    body = config()
    body["algorithm"]["alpha"] = -1
    answer = api.post(f"{API}/config/validate", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "algorithm.alpha"


def test_schema_and_presets_are_served(api: TestClient) -> None:
    schema = api.get(f"{API}/config/schema").json()
    assert schema["$defs"]["OptimizerConfig"]["properties"]["learning_rate"]["description"]
    presets = api.get(f"{API}/config/presets").json()
    assert {"demo-grpo", "demo-sa-ah-grpo"} <= {preset["name"] for preset in presets}
    for preset in presets:
        assert api.post(f"{API}/config/validate", json=preset["config"]).status_code == 200


class Bells:
    """Messages that were sent to the broker."""

    def __init__(self) -> None:
        self._connection = Connection(BROKER)
        self._queues = {name: self._connection.SimpleQueue(name) for name in ("cpu", "gpu")}

    def heard(self, queue: str) -> list[Any]:
        messages = []
        while self._queues[queue].qsize():
            message = self._queues[queue].get(block=False)
            message.ack()
            messages.append(message)
        return messages

    def close(self) -> None:
        for queue in self._queues.values():
            queue.clear()
            queue.close()
        self._connection.release()


@pytest.fixture
def bells() -> Iterator[Bells]:
    made = Bells()
    yield made
    made.close()


def test_a_ring_is_a_celery_message_without_a_run(bells: Bells) -> None:
    doorbell = Doorbell(BROKER)
    doorbell.start()
    doorbell.ring("cpu")
    doorbell.stop()
    (message,) = bells.heard("cpu")
    assert message.headers["task"] == TASK
    assert message.headers["expires"] is None, "a worker would compare it with its own clock"
    assert message.content_type == "application/json"
    assert message.payload[:2] == [[], {"queue": "cpu"}]
    assert bells.heard("gpu") == []


def test_the_sweeper_rings_for_runs_that_wait_and_slots_that_idle(
    db: Database, worker: FakeWorker, bells: Bells
) -> None:
    doorbell = Doorbell(BROKER)
    sweeper = Sweeper(db, doorbell, Reaper(db, doorbell, 30.0), SilenceWatch(db), interval=60.0)

    def rings() -> int:
        doorbell.start()
        sweeper.sweep()
        doorbell.stop()
        return len(bells.heard("cpu"))

    assert rings() == 0
    create_run(db)
    assert rings() == 1
    create_run(db)
    create_run(db)
    assert rings() == 2
    worker.job(slot=0)
    worker.job(slot=1)
    assert rings() == 0


def test_messages_that_nobody_hears_do_not_pile_up(bells: Bells) -> None:
    doorbell = Doorbell(BROKER)
    doorbell.start()
    for _ in range(MOST_WAITING + 10):
        doorbell.ring("gpu")
    doorbell.ring_for("cpu", 3)
    doorbell.ring_for("cpu", 4)
    doorbell.stop()
    assert len(bells.heard("gpu")) == MOST_WAITING
    assert len(bells.heard("cpu")) == 4


def test_launching_rings_once_and_a_broker_that_is_away_breaks_nothing(
    api: TestClient, bells: Bells, caplog: pytest.LogCaptureFixture, app: Any
) -> None:
    app.state.doorbell = Doorbell(BROKER)
    app.state.doorbell.start()
    headers = {"Idempotency-Key": "k"}
    for _ in range(2):
        api.post(f"{API}/runs", json={"config": config()}, headers=headers)
    app.state.doorbell.stop()
    assert len(bells.heard("cpu")) == 1

    app.state.doorbell = Doorbell("redis+socket:///nowhere/redis.sock")
    app.state.doorbell.start()
    for _ in range(2):
        assert api.post(f"{API}/runs", json={"config": config()}).status_code == 201
    app.state.doorbell.stop()
    warnings = [record for record in caplog.records if "Redis does not answer" in record.message]
    assert len(warnings) == 1, "told once, not at every ring"
