"""Draining workers, how busy they are, and why runs wait."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.db import Database
from tests.backend.support import API, RUNNING, FakeWorker, code_of, config, create_run

Connect = Callable[..., TestClient]


@pytest.fixture
def shown(api: TestClient) -> Callable[[str], dict[str, Any]]:
    """A worker as the page shows it."""

    def one(worker_id: str) -> dict[str, Any]:
        return next(each for each in api.get(f"{API}/workers").json() if each["id"] == worker_id)

    return one


def test_a_drained_worker_goes_on_with_its_run_and_takes_no_more(
    api: TestClient, db: Database, worker: FakeWorker, shown: Callable[[str], dict[str, Any]]
) -> None:
    create_run(db, name="first")
    second = create_run(db, name="second")
    job = worker.job(slot=0)
    answer = api.post(f"{API}/workers/{worker.id}/drain", json={"reason": "new driver"})
    assert answer.status_code == 200
    assert [run["name"] for run in answer.json()["running"]] == ["first"]
    assert worker.beat().json() == {"drain": True}
    assert worker.claim(slot=1).json()["job"] is None
    assert worker.attempt_beat(job, 1).json()["desired"] == "continue"
    entry = shown(worker.id)
    assert (entry["draining"], entry["drained_by"]) == (True, "tester")
    assert entry["drain_reason"] == "new driver"
    assert api.get(f"{API}/queue").json()[0]["idle_slots"] == 0

    waits = api.get(f"{API}/runs/{second}").json()["waits_for"]
    assert "being drained" in waits
    assert "ahora workers resume bench" in waits

    assert api.post(f"{API}/workers/{worker.id}/undrain").json()["draining"] is False
    assert worker.beat().json() == {"drain": False}
    assert api.get(f"{API}/runs/{second}").json()["waits_for"] is None
    assert worker.job(slot=1)["run_id"] == second


def test_a_restarted_worker_is_still_drained_and_another_one_is_not(
    api: TestClient, worker: FakeWorker, connect: Connect
) -> None:
    api.post(f"{API}/workers/{worker.id}/drain")
    again = FakeWorker(worker.client).register()
    assert again.beat().json() == {"drain": True}
    other = FakeWorker(connect("worker"), name="another").register()
    assert other.beat().json() == {"drain": False}
    api.post(f"{API}/workers/{again.id}/undrain")
    assert FakeWorker(worker.client).register().beat().json() == {"drain": False}


def test_a_worker_that_is_drained_in_a_hurry_pauses_its_runs(
    api: TestClient, db: Database, worker: FakeWorker, connect: Connect
) -> None:
    mine, other = create_run(db), create_run(db)
    job = worker.job()
    elsewhere = FakeWorker(connect("worker"), name="another").register()
    elsewhere.job()
    worker.events(job, 1, RUNNING)
    answer = api.post(f"{API}/workers/{worker.id}/drain", json={"runs": "pause", "reason": "smoke"})
    assert answer.json()["running"][0]["status"] == "pausing"
    orders = worker.attempt_beat(job, 1).json()
    assert orders["desired"] == "pause"
    assert orders["reason"] == "Its worker is being drained by tester: smoke"
    worker.events(job, 2, {"type": "status", "status": "paused"})
    assert api.get(f"{API}/runs/{mine}").json()["status"] == "paused"
    assert api.get(f"{API}/runs/{other}").json()["status"] == "starting"
    again = api.post(f"{API}/workers/{worker.id}/drain", json={"runs": "pause"})
    assert again.json()["running"] == []


def test_draining_what_is_not_there_says_so(api: TestClient) -> None:
    for what in ("drain", "undrain"):
        answer = api.post(f"{API}/workers/nobody/{what}")
        assert code_of(answer) == (404, "worker-not-found")


def test_a_worker_tells_how_busy_it_is(
    worker: FakeWorker, shown: Callable[[str], dict[str, Any]]
) -> None:
    assert shown(worker.id)["use"] is None
    gpu = {"slot": 0, "utilization": 97.0, "memory_gb": 41.5, "power_watts": None}
    use = {"cpu": 12.5, "memory_gb": 3.0, "memory_total_gb": 8.0, "devices": [gpu]}
    body = {"counter": 1, "busy_slots": 1, "use": use}
    worker.client.post(f"{API}/worker/{worker.id}/heartbeat", json=body)
    assert shown(worker.id)["use"] == use | {
        "devices": [gpu | {"temperature_c": None, "trouble": None}]
    }
    worker.client.post(f"{API}/worker/{worker.id}/leave")
    assert shown(worker.id)["use"] is None


def test_a_run_that_fits_nowhere_says_why_wherever_it_is_shown(
    api: TestClient, db: Database, connect: Connect
) -> None:
    def waits(run_id: str) -> Any:
        (row,) = [row for row in api.get(f"{API}/runs").json()["items"] if row["id"] == run_id]
        one = api.get(f"{API}/runs/{run_id}").json()
        assert row["waits_for"] == one["waits_for"]
        return one["waits_for"]

    plain = create_run(db)
    picky = create_run(db, config=config(resources={"labels": ["a100"]}))
    assert "No worker is online" in waits(plain)
    bench = FakeWorker(connect("worker"), labels=["fast", "big"]).register()
    assert waits(plain) is None
    assert "It needs the label a100" in waits(picky)
    assert "have big, fast" in waits(picky)
    bench.job()
    assert waits(plain) is None, "it does not wait any more"
