"""Events of attempts: each stored exactly once, and no odd one wedges its run."""

import gzip
import itertools
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from ahora.events import EVENT, Numbered
from ahora.schemas.workers import MAX_BATCH_BYTES
from backend.db import Database
from backend.db.models import LogLine, StreamItem
from backend.errors import WrongSeq
from backend.events import service
from backend.queue import Doorbell
from backend.workers.fencing import AttemptCaller
from tests.backend.support import API, RUNNING, FakeWorker, code_of, create_run, log, metrics


def messages(api: TestClient, run_id: str) -> list[str]:
    lines = api.get(f"{API}/runs/{run_id}/logs", params={"limit": 5000}).json()["items"]
    return [line["message"] for line in lines]


@pytest.fixture
def job(db: Database, worker: FakeWorker) -> dict[str, Any]:
    create_run(db)
    return worker.job()


def test_a_batch_is_stored_with_all_it_carries(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    answer = worker.events(
        job,
        1,
        {"type": "progress", "phase": "setup", "message": "loading", "step": 1, "total": 3},
        RUNNING,
        metrics(0) | {"values": {"eval/pass@1": 0.5}},
        metrics(2, reward=0.5, loss="NaN"),
        metrics(1, reward=0.25),
        log("hello"),
        {"type": "provenance", "values": {"python": "3.11", "numbers": [1.5, None]}},
    )
    assert answer.json() == {"desired": "continue", "reason": "", "last_seq": 7}
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["status"], run["step"], run["phase"]) == ("running", 2, "setup")
    assert run["phase_message"] == "loading 1/3"
    assert (run["last_reward"], run["last_pass_at_1"]) == (0.5, 0.5)
    assert run["last_event_at"] is not None
    assert run["eta_seconds"] == 98 * 1.5
    assert run["attempts"][0]["provenance"] == {
        "python": "3.11",
        "numbers": [1.5, None],
        "launched_by": "tester",
    }
    assert messages(api, run_id) == ["hello"]
    found = api.get(f"{API}/runs/{run_id}/metrics").json()["metrics"]
    assert [(one["key"], one["last"], one["last_step"], one["count"]) for one in found] == [
        ("eval/pass@1", 0.5, 0, 1),
        ("loss", "NaN", 2, 1),
        ("reward", 0.5, 2, 2),
    ]


def test_repeats_gaps_and_overlaps(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    first = [log("a"), log("b"), log("c")]
    assert worker.events(job, 1, *first).json()["last_seq"] == 3
    assert worker.events(job, 1, *first).json()["last_seq"] == 3
    assert worker.events(job, 2, log("b")).json()["last_seq"] == 3
    for start, batch in ((5, [log("e")]), (3, [log("c"), log("d")]), (1, [*first, log("d")])):
        answer = worker.events(job, start, *batch)
        assert code_of(answer) == (409, "wrong-seq")
        assert answer.json()["expected_seq"] == 4
    gap = [{"seq": seq, "event": log("x")} for seq in (4, 6)]
    assert code_of(worker.attempt_post(job, "events", {"events": gap})) == (422, "invalid")
    assert messages(api, job["run_id"]) == ["a", "b", "c"]


def test_one_batch_sent_by_many_connections_at_once_is_stored_once(
    db: Database, api: TestClient, job: dict[str, Any]
) -> None:
    caller = AttemptCaller(job["attempt_id"], job["run_id"], 1)
    batch = [
        Numbered(
            seq=seq,
            event=EVENT.validate_python(metrics(seq, reward=seq) if seq % 2 else log(f"{seq}")),
        )
        for seq in range(1, 41)
    ]
    start = threading.Barrier(8)

    def send(_: int) -> int:
        start.wait()
        with db.write() as session:
            return service.append(session, caller, batch, Doorbell(""), 30.0).last_seq

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [40] * 8
    assert messages(api, job["run_id"]) == [str(seq) for seq in range(2, 41, 2)]
    with db.read() as session:
        kinds = session.execute(
            select(StreamItem.kind, func.count())
            .where(StreamItem.kind.in_(["log", "metrics"]))
            .group_by(StreamItem.kind)
        ).all()
    assert dict(kinds) == {"log": 1, "metrics": 1}


def test_batches_that_arrive_in_any_order_are_stored_in_theirs(
    db: Database, api: TestClient, job: dict[str, Any]
) -> None:
    caller = AttemptCaller(job["attempt_id"], job["run_id"], 1)
    rng = random.Random(7)
    batches = []
    seq = 1
    while seq <= 60:
        size = rng.randint(1, 6)
        batches.append(
            [
                Numbered(seq=s, event=EVENT.validate_python(log(f"{s}")))
                for s in range(seq, seq + size)
            ]
        )
        seq += size
    deliveries = batches * 3
    rng.shuffle(deliveries)
    refused: list[int | None] = []

    def deliver(batch: list[Numbered]) -> bool:
        try:
            with db.write() as session:
                service.append(session, caller, batch, Doorbell(""), 30.0)
        except WrongSeq as error:
            refused.append(error.expected_seq)
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        while deliveries:
            done = list(pool.map(deliver, deliveries))
            deliveries = [batch for batch, ok in zip(deliveries, done, strict=True) if not ok]
    assert refused
    assert None not in refused
    assert messages(api, job["run_id"]) == [str(s) for s in range(1, seq)]
    with db.read() as session:
        positions = session.scalars(select(LogLine.position).order_by(LogLine.position)).all()
    assert list(positions) == list(range(1, seq))


def test_a_job_that_starts_while_a_stop_is_asked_for_goes_on_to_stop(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    api.post(f"{API}/runs/{job['run_id']}/stop", json={"reason": "enough"})
    answer = worker.events(job, 1, RUNNING, metrics(1, reward=1.0))
    assert answer.json() == {"desired": "stop", "reason": "enough", "last_seq": 2}
    assert api.get(f"{API}/runs/{job['run_id']}").json()["status"] == "stopping"
    assert worker.events(job, 3, {"type": "status", "status": "stopped"}).status_code == 200
    run = api.get(f"{API}/runs/{job['run_id']}").json()
    assert (run["status"], run["attempts"][0]["status"]) == ("stopped", "stopped")


def test_odd_events_do_not_refuse_their_batch(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    own = f"runs/{run_id}/attempt-1"

    def checkpoint(path: str, *names: str) -> dict[str, Any]:
        files = [{"path": name, "size": 2**53 - 1, "sha256": ""} for name in names]
        return {"type": "checkpoint", "step": 1, "kind": "model", "path": path, "files": files,
                "metrics": {"x": "Infinity"}}  # fmt: skip

    group = {"step": 1, "index": 0, "prompt_id": "", "prompt": "\0 \ud800", "answer": "", "completions": [],
             "reward_mean": "NaN", "reward_std": None, "has_signal": False}  # fmt: skip
    events = [
        RUNNING,
        metrics(2**31 - 1, reward="-Infinity", **{"nul\0 = name": 1e308}),
        metrics(1, reward=1e308, **{"nul\0 = name": 1e308}),
        log("nul \0 here", level="error"),
        {"type": "rollout", "group": group},
        {"type": "rollout", "group": group},
        checkpoint("/etc"),
        checkpoint(f"{own}/../../other/step-1"),
        checkpoint(f"{own}/step-000001", "../../passwd"),
        checkpoint(f"{own}/step-000001", "a", "a"),
        checkpoint("runs/another/attempt-1/step-000001"),
        checkpoint(f"{own}/step-000001", "a", "b"),
        checkpoint(f"{own}/step-000001", "a", "c"),
        {"type": "checkpoint_removed", "step": 77},
        {"type": "provenance", "values": {"nul\0": ["\0\ud800", {"deep": "NaN"}]}},
        {"type": "progress", "phase": "training", "message": "x" * 100_000, "step": 2**53 - 1},
        {"type": "status", "status": "completed", "reason": "done \0"},
        {"type": "status", "status": "failed", "error_type": "e" * 1000},
    ]
    numbered = [{"seq": seq, "event": event} for seq, event in enumerate(events, 1)]
    answer = worker.client.post(
        f"{API}/worker/attempts/{job['attempt_id']}/events",
        content=json.dumps({"events": numbered}),  # which escapes what has no UTF-8 form
        headers={
            "Authorization": f"Bearer {job['attempt_token']}",
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code == 200, answer.text
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["status"], run["last_reward"]) == ("completed", None)
    text = messages(api, run_id)
    assert text[0] == "nul \ufffd here"
    assert [line.split(" was not accepted")[0] for line in text[1:6]] == [
        "The checkpoint of step 1"
    ] * 5
    assert text[6] == "The job reported failed after its end; nothing changed."
    assert len(text) == 7
    [saved] = api.get(f"{API}/runs/{run_id}/checkpoints").json()
    assert [file["path"] for file in saved["files"]] == ["a", "c"]
    assert saved["size"] == 2**53 - 1
    assert len(api.get(f"{API}/runs/{run_id}/rollouts/1").json()["groups"]) == 1
    assert run["attempts"][0]["provenance"]["nul\ufffd"] == ["\ufffd?", {"deep": "NaN"}]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "metrics", "step": -1, "elapsed": 0, "tokens": 0, "values": {}},
        {"type": "metrics", "step": 2**31, "elapsed": 0, "tokens": 0, "values": {}},
        {"type": "metrics", "step": 1, "elapsed": "Infinity", "tokens": 0, "values": {}},
        {"type": "log", "message": "x", "time": 1e300},
        {"type": "nonsense"},
    ],
)
def test_events_outside_the_contract_are_refused_before_anything_is_stored(
    worker: FakeWorker, job: dict[str, Any], event: dict[str, Any]
) -> None:
    assert code_of(worker.events(job, 1, log("fine"), event)) == (422, "invalid")
    assert worker.events(job, 1, log("fine")).json()["last_seq"] == 1


def test_an_attempt_that_another_one_followed_is_stale(
    worker: FakeWorker, job: dict[str, Any]
) -> None:
    assert worker.events(job, 1, {"type": "status", "status": "queued"}).status_code == 200
    # its last batch may be repeated, its answer was perhaps lost; nothing new is taken
    assert worker.events(job, 1, {"type": "status", "status": "queued"}).status_code == 200
    assert code_of(worker.events(job, 2, log("late"))) == (409, "stale-attempt")
    newer = worker.job()
    assert newer["attempt"] == 2
    assert code_of(worker.events(job, 1, log("x"))) == (409, "stale-attempt")
    assert worker.events(newer, 1, log("y")).json()["last_seq"] == 1


def test_only_the_attempts_own_token_may_report(
    connect: Callable[..., TestClient], db: Database, worker: FakeWorker, job: dict[str, Any]
) -> None:
    create_run(db)
    other = worker.job(slot=1)
    mixed = other | {"attempt_token": job["attempt_token"]}
    assert code_of(worker.events(mixed, 1, log("x")))[0] == 401
    body = {"events": [{"seq": 1, "event": log("x")}]}
    for kind in (None, "user", "worker"):
        answer = connect(kind).post(f"{API}/worker/attempts/{job['attempt_id']}/events", json=body)
        assert code_of(answer)[0] == 401


def test_bodies_may_be_compressed_and_are_bounded(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    url = f"{API}/worker/attempts/{job['attempt_id']}/events"

    def send(content: bytes, encoding: str) -> Any:
        headers = {
            "Authorization": f"Bearer {job['attempt_token']}",
            "Content-Type": "application/json",
            "Content-Encoding": encoding,
        }
        return worker.client.post(url, content=content, headers=headers)

    batch = json.dumps({"events": [{"seq": 1, "event": log("packed")}]}).encode()
    assert send(gzip.compress(batch), "gzip").json()["last_seq"] == 1
    assert messages(api, job["run_id"]) == ["packed"]
    assert code_of(send(batch, "gzip")) == (400, "bad-request")
    assert code_of(send(gzip.compress(batch)[:-9], "gzip")) == (400, "bad-request")
    assert code_of(send(batch, "br")) == (400, "bad-request")
    bomb = gzip.compress(b" " * (MAX_BATCH_BYTES + 1))
    assert len(bomb) < 100_000
    assert code_of(send(bomb, "gzip")) == (413, "body-too-large")


def test_large_batches_make_stream_items_of_bounded_size(
    db: Database, worker: FakeWorker, job: dict[str, Any]
) -> None:
    names = {f"k{number}": 0.5 for number in range(500)}
    events = [metrics(step, **names) for step in range(10)] + [log("x" * 20_000)] * 7
    assert worker.events(job, 1, *events).status_code == 200
    with db.read() as session:
        items = session.execute(
            select(StreamItem.kind, StreamItem.data).order_by(StreamItem.seq)
        ).all()
    assert max(len(data) for _, data in items) < 100_000
    steps = itertools.chain.from_iterable(
        json.loads(data)["points"] for kind, data in items if kind == "metrics"
    )
    assert [point["step"] for point in steps] == list(range(10))
    assert sum(kind == "metrics" for kind, _ in items) == 3
    assert sum(kind == "log" for kind, _ in items) == 3
    assert sum(kind == "run" for kind, _ in items) == 3  # created, claimed, this batch
