"""Claims: order, fit, repeats, and no run handed out twice."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, select
from starlette.testclient import TestClient

from ahora.schemas.workers import ClaimRequest
from backend.db import Database
from backend.db.models import Attempt
from backend.workers import claims, repository
from tests.backend.support import API, FakeWorker, code_of, config, create_run

Connect = Callable[..., TestClient]


def test_a_job_carries_what_the_supervisor_needs(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db, name="mine")
    job = worker.job()
    assert (job["run_id"], job["run_name"], job["attempt"]) == (run_id, "mine", 1)
    assert job["config"] == config()
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["status"], run["worker"]) == ("starting", "bench")
    (attempt,) = run["attempts"]
    assert (attempt["id"], attempt["status"], attempt["device"]) == (
        job["attempt_id"],
        "active",
        "cpu:0",
    )
    assert worker.attempt_beat(job, 1).json() == {
        "desired": "continue",
        "reason": "",
        "last_seq": 0,
    }
    timeline = api.get(f"{API}/runs/{run_id}/timeline").json()
    assert [(entry["to_status"], entry["actor"]) for entry in timeline] == [
        ("queued", "user"),
        ("starting", "worker"),
    ]


def test_priority_then_age_decides(db: Database, worker: FakeWorker) -> None:
    low, first, second = (create_run(db, priority=priority) for priority in (0, 5, 5))
    assert [worker.job(slot=0)["run_id"] for _ in range(3)] == [first, second, low]
    assert worker.claim().json() == {"job": None}


def test_the_next_run_is_found_without_sorting_all_that_wait(db: Database) -> None:
    asked: list[tuple[str, Any]] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    with db.write() as session:
        assert repository.lock_next(session, "cpu", 8.0, "", []) is None
        query, parameters = asked[-1]
        explain = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
        rows = session.connection().exec_driver_sql(f"{explain} {query}", parameters)
        plan = "\n".join(str(row) for row in rows)
    assert "ix_runs_handed_out" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_run_waits_for_a_worker_that_fits(db: Database, connect: Connect) -> None:
    labelled = create_run(db, priority=9, config=config(resources={"labels": ["a100"]}))
    large = create_run(db, priority=8, config=config(resources={"min_memory_gb": 64.0}))
    gpu = create_run(db, priority=7, config=config(resources={"device": "cuda"}))
    plain = create_run(db)
    token = connect("worker")
    small = FakeWorker(token).register()
    assert small.job()["run_id"] == plain
    assert small.claim().json()["job"] is None
    carries = FakeWorker(token, labels=["a100", "fast"]).register()
    assert carries.job()["run_id"] == labelled
    roomy = FakeWorker(token, memory_gb=80.0).register()
    assert roomy.job()["run_id"] == large
    graphics = FakeWorker(token, queues=["cpu", "gpu"]).register()
    assert graphics.job(queue="gpu", slot=2)["run_id"] == gpu


def test_a_slot_claims_only_from_the_queue_of_its_device(worker: FakeWorker) -> None:
    assert code_of(worker.claim(queue="gpu")) == (422, "invalid")
    assert code_of(worker.claim(slot=7)) == (422, "invalid")
    stranger = FakeWorker(worker.client)
    assert code_of(stranger.claim()) == (404, "worker-not-found")
    assert code_of(stranger.beat()) == (404, "worker-not-found")


def test_a_repeated_claim_gets_the_same_answer(db: Database, worker: FakeWorker) -> None:
    create_run(db)
    create_run(db)
    first, again = worker.job(claim_id="claim-one"), worker.job(claim_id="claim-one")
    assert first == again
    assert worker.attempt_beat(again, 1).status_code == 200
    assert worker.job(claim_id="claim-two")["run_id"] != first["run_id"]


def test_a_claim_whose_attempt_has_ended_gets_nothing_again(
    db: Database, worker: FakeWorker
) -> None:
    create_run(db)
    job = worker.job(claim_id="claim-one")
    worker.events(job, 1, {"type": "status", "status": "failed", "reason": "no data"})
    assert worker.claim(claim_id="claim-one").json() == {"job": None}


def test_attempt_tokens_are_not_stored(db: Database, worker: FakeWorker) -> None:
    create_run(db)
    job = worker.job()
    with db.read() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert job["attempt_token"] not in str(vars(attempt))


def test_many_slots_never_get_one_run_twice(db: Database, worker: FakeWorker) -> None:
    runs = {create_run(db, name=f"run {number}") for number in range(24)}
    got: list[str] = []
    start = threading.Barrier(8)

    def slot(number: int) -> None:
        start.wait()
        for turn in range(6):
            request = ClaimRequest(
                claim_id=f"claim-{number}-{turn}", worker_id=worker.id, queue="cpu", slot=0
            )
            job = claims.claim(db, request, "secret").job
            if job is not None:
                got.append(job.run_id)

    threads = [threading.Thread(target=slot, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(got) == dict.fromkeys(runs, 1)


def test_one_claim_sent_twice_at_once_makes_one_attempt(db: Database, worker: FakeWorker) -> None:
    for _ in range(4):
        create_run(db)
    request = ClaimRequest(claim_id="claim-one", worker_id=worker.id, queue="cpu", slot=0)
    got: list[str] = []
    start = threading.Barrier(4)

    def send() -> None:
        start.wait()
        job = claims.claim(db, request, "secret").job
        assert job is not None
        got.append(job.attempt_id)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert len(set(got)) == 1
