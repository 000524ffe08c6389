"""What a later attempt is given to go on from, and what it supersedes."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import update
from starlette.testclient import TestClient

from backend.db import Database
from backend.db.models import Run
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    checkpoint,
    code_of,
    create_run,
    metrics,
)

Connect = Callable[..., TestClient]

LOST = {"type": "status", "status": "queued", "error_type": "worker_lost", "reason": "gone"}
BACK = {"type": "status", "status": "queued", "reason": "The worker was shut down."}


def resumed(step: int) -> dict[str, Any]:
    return {"type": "resumed", "step": step, "path": "/somewhere", "reason": ""}


def trained(worker: FakeWorker, job: dict[str, Any], last: int, *saved: int) -> None:
    """Report steps up to `last`, a checkpoint of each step in `saved`, and give the run back."""
    first = job["resume_from"][0]["step"] if job["resume_from"] else 0
    events = [RUNNING, *[metrics(step, reward=float(step)) for step in range(first + 1, last + 1)]]
    if first:
        events.insert(0, resumed(first))
    events += [checkpoint(job, step, "model.safetensors", "state.json") for step in saved]
    assert worker.events(job, 1, *events, BACK).status_code == 200


def given(job: dict[str, Any]) -> list[tuple[int, int]]:
    """Attempt and step of what the job goes on from."""
    return [
        (int(each["path"].split("attempt-")[1].split("/")[0]), each["step"])
        for each in job["resume_from"]
    ]


def steps(api: TestClient, run_id: str) -> list[int]:
    found = api.post(f"{API}/metrics/query", json={"runs": [run_id]}).json()["series"]
    return list(found[0]["steps"]) if found else []


def test_the_next_attempt_gets_the_newest_checkpoints(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    job = worker.job()
    assert (job["resume_from"], job["from_checkpoint"]) == ([], None)
    trained(worker, job, 45, 10, 20, 30, 40)
    second = worker.job(claim_id="claim-two")
    assert given(second) == [(1, 40), (1, 30), (1, 20)]
    newest = second["resume_from"][0]
    assert newest["path"] == f"runs/{run_id}/attempt-1/step-000040"
    assert (newest["run_id"], newest["store"]) == (run_id, "/store")
    assert [file["path"] for file in newest["files"]] == ["model.safetensors", "state.json"]
    assert worker.job(claim_id="claim-two") == second, "a repeat gets the same"
    assert api.get(f"{API}/runs/{run_id}").json()["step"] == 40
    assert steps(api, run_id) == list(range(1, 41)), "what lies beyond is superseded at once"
    trained(worker, second, 60, 50)
    assert given(worker.job()) == [(2, 50), (1, 40), (1, 30)]


def test_where_an_attempt_really_starts_decides_what_is_superseded(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    trained(worker, worker.job(), 30, 10, 20, 30)
    job = worker.job()
    worker.events(job, 1, resumed(20), RUNNING, metrics(21, reward=0.0))
    assert steps(api, run_id) == list(range(1, 22))
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["step"], run["attempts"][1]["start_step"]) == (21, 20)
    worker.events(job, 4, BACK)
    assert given(worker.job()) == [(1, 20), (1, 10)], "not the damaged one of step 30"


def test_an_attempt_that_found_nothing_usable_begins_anew(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    trained(worker, worker.job(), 30, 10)
    job = worker.job()
    worker.events(job, 1, resumed(0), RUNNING, metrics(1, reward=0.0), BACK)
    assert steps(api, run_id) == [1]
    assert given(worker.job()) == []


def test_an_attempt_that_ends_before_it_started_takes_nothing_away(
    db: Database, worker: FakeWorker
) -> None:
    create_run(db)
    trained(worker, worker.job(), 30, 10, 20)
    worker.events(worker.job(), 1, LOST)
    assert given(worker.job()) == [(1, 20), (1, 10)]


def test_a_run_with_a_checkpoint_waits_for_a_worker_that_reaches_its_store(
    db: Database, connect: Connect
) -> None:
    token = connect("worker")
    here = FakeWorker(token, store="here").register()
    there = FakeWorker(token, store="there").register()
    create_run(db)
    trained(here, here.job(), 10, 10)
    assert there.claim().json() == {"job": None}
    assert given(here.job()) == [(1, 10)]


def test_a_fresh_start_hands_out_nothing(db: Database, worker: FakeWorker) -> None:
    create_run(db)
    trained(worker, worker.job(), 10, 10)
    with db.write() as session:
        session.execute(update(Run).values(fresh_start=True))
    job = worker.job(claim_id="claim-two")
    assert job["resume_from"] == []
    assert worker.job(claim_id="claim-two") == job
    worker.events(job, 1, RUNNING, checkpoint(job, 5, "model.safetensors"), BACK)
    assert given(worker.job()) == [(2, 5)]


def test_a_stale_attempt_adds_no_checkpoint(db: Database, worker: FakeWorker) -> None:
    create_run(db)
    job = worker.job()
    worker.events(job, 1, RUNNING, LOST)
    worker.job(slot=1)
    late = worker.events(job, 3, checkpoint(job, 5, "model.safetensors"))
    assert code_of(late) == (409, "stale-attempt")
