"""Stopping in each state, and what the job says about itself."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from ahora.status import RunStatus
from backend.db import Database
from backend.db.models import Attempt, Run
from tests.backend.support import API, FakeWorker, code_of, create_run

Stop = Callable[[str], dict[str, Any]]


@pytest.fixture
def stop(api: TestClient) -> Stop:
    def send(run_id: str) -> dict[str, Any]:
        answer = api.post(f"{API}/runs/{run_id}/stop", json={"reason": "enough"})
        assert answer.status_code == 200
        run: dict[str, Any] = answer.json()
        return run

    return send


def test_a_waiting_run_stops_at_once(db: Database, worker: FakeWorker, stop: Stop) -> None:
    run = stop(create_run(db))
    assert (run["status"], run["status_reason"]) == ("stopped", "enough")
    assert run["finished_at"] is not None
    assert run["actions"] == ["retry", "clone", "delete"]
    assert worker.claim().json()["job"] is None


def test_a_running_run_is_told_to_stop_and_ends_when_its_job_says_so(
    api: TestClient, db: Database, worker: FakeWorker, stop: Stop
) -> None:
    run_id = create_run(db)
    job = worker.job()
    worker.events(job, 1, {"type": "status", "status": "running"})
    assert stop(run_id)["status"] == "stopping"
    assert worker.attempt_beat(job, 1).json() == {
        "desired": "stop",
        "reason": "enough",
        "last_seq": 1,
    }
    assert stop(run_id)["status"] == "stopping", "a repeat is harmless"
    answer = worker.events(job, 2, {"type": "status", "status": "stopped", "reason": "as asked"})
    assert answer.status_code == 200
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["status"], run["attempts"][0]["status"]) == ("stopped", "stopped")
    assert (stop(run_id)["status"], stop(run_id)["version"]) == ("stopped", 1)
    assert code_of(worker.attempt_beat(job, 2)) == (409, "stale-attempt")


def test_a_lost_run_that_was_stopped_does_not_come_back(
    db: Database, worker: FakeWorker, stop: Stop
) -> None:
    run_id = create_run(db)
    job = worker.job()
    with db.write() as session:
        session.execute(update(Run).values(status=RunStatus.LOST))
        session.execute(update(Attempt).values(status="lost"))
    stop(run_id)
    assert code_of(worker.attempt_beat(job, 1)) == (409, "stale-attempt")


def test_a_failed_run_says_why(api: TestClient, db: Database, worker: FakeWorker) -> None:
    run_id = create_run(db)
    job = worker.job()
    reason = "The dataset gsm8k is not there: put it under AHORA_DATA_ROOT."
    failure = {
        "type": "status",
        "status": "failed",
        "reason": reason,
        "error_type": "dataset_not_found",
    }
    worker.events(job, 1, failure)
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["status"], run["status_reason"]) == ("failed", reason)
    assert run["attempts"][0]["error_type"] == "dataset_not_found"


def test_a_worker_that_shuts_down_gives_its_run_back(
    api: TestClient, db: Database, worker: FakeWorker, stop: Stop
) -> None:
    run_id = create_run(db)
    job = worker.job()
    back = {"type": "status", "status": "queued", "reason": "The worker shuts down."}
    worker.events(job, 1, back)
    run = api.get(f"{API}/runs/{run_id}").json()
    assert (run["status"], run["worker"], run["attempts"][0]["status"]) == (
        "queued",
        None,
        "requeued",
    )
    assert code_of(worker.attempt_beat(job, 1)) == (409, "stale-attempt")

    again = worker.job()
    assert again["attempt"] == 2
    stop(run_id)
    worker.events(again, 1, back)
    assert api.get(f"{API}/runs/{run_id}").json()["status"] == "stopped"
