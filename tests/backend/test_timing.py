"""Where a run's time went, and how long it will still take."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from backend.db import Database, utcnow
from backend.db.models import Attempt, StatusChange
from tests.backend.support import API, RUNNING, FakeWorker, config, create_run, metrics


def age(db: Database, seconds: float) -> None:
    """Let everything that has happened so far have happened `seconds` earlier."""
    earlier = timedelta(seconds=seconds)
    with db.write() as session:
        for change in session.scalars(select(StatusChange)):
            change.time -= earlier
        for attempt in session.scalars(select(Attempt)):
            attempt.claimed_at -= earlier
            attempt.finished_at = attempt.finished_at and attempt.finished_at - earlier


def about(seconds: float) -> Any:
    return pytest.approx(seconds, abs=5)


def test_time_in_the_queue_and_on_devices_over_two_attempts(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    age(db, 60)  # waits a minute
    first = worker.job()
    worker.events(first, 1, RUNNING)
    age(db, 600)  # trains ten minutes
    worker.events(first, 2, {"type": "status", "status": "queued", "reason": "shut down"})
    age(db, 120)  # waits two minutes
    second = worker.job()
    worker.events(second, 1, RUNNING)
    age(db, 1800)  # trains half an hour, and goes on
    run = api.get(f"{API}/runs/{run_id}").json()
    assert run["timing"]["queue_seconds"] == about(180)
    assert run["timing"]["run_seconds"] == about(2400)
    assert run["timing"]["device_hours"] == {"cpu": pytest.approx(2400 / 3600, abs=0.01)}
    assert [one["queue_seconds"] for one in run["attempts"]] == [about(60), about(120)]
    assert [one["run_seconds"] for one in run["attempts"]] == [about(600), about(1800)]

    worker.events(second, 2, {"type": "status", "status": "completed"})
    age(db, 5000)
    assert api.get(f"{API}/runs/{run_id}").json()["timing"]["run_seconds"] == about(2400)


def test_the_present_wait_counts(api: TestClient, db: Database) -> None:
    run_id = create_run(db)
    age(db, 90)
    timing = api.get(f"{API}/runs/{run_id}").json()["timing"]
    assert timing["queue_seconds"] == about(90)
    assert (timing["run_seconds"], timing["device_hours"]) == (0, {})


def test_clocks_that_differ_make_no_negative_time(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    worker.job()
    with db.write() as session:
        session.execute(update(Attempt).values(claimed_at=utcnow() + timedelta(hours=1)))
    assert api.get(f"{API}/runs/{run_id}").json()["timing"]["run_seconds"] == 0


def step(number: int, elapsed: float) -> dict[str, Any]:
    return metrics(number, reward=0.5) | {"elapsed": elapsed}


def test_the_time_left_follows_the_steps_of_this_attempt(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db, config=config(max_steps=100))

    def eta() -> Any:
        return api.get(f"{API}/runs/{run_id}").json()["eta_seconds"]

    job = worker.job()
    worker.events(job, 1, RUNNING, step(0, 0.0))
    assert eta() is None
    worker.events(job, 3, step(1, 2.0), step(2, 4.0))
    assert eta() == pytest.approx(98 * 2.0)
    # steps become four times as long: half of that is seen after a while, nearly all of it later
    worker.events(job, 5, *(step(2 + n, 4.0 + 8 * n) for n in range(1, 61)))
    assert eta() == pytest.approx(38 * 8.0, rel=0.1)

    worker.events(job, 65, {"type": "status", "status": "queued"})
    assert eta() is None
    again = worker.job()
    worker.events(again, 1, RUNNING)
    assert eta() is None, "another device may be faster: nothing is measured there yet"
    worker.events(again, 2, step(1, 0.5))
    assert eta() == pytest.approx(99 * 0.5)


def test_times_of_the_timeline_are_in_order(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db, by="ann")
    worker.events(worker.job(), 1, RUNNING, {"type": "status", "status": "completed"})
    found = api.get(f"{API}/runs/{run_id}/timeline").json()
    times = [datetime.fromisoformat(change["time"]) for change in found]
    assert times == sorted(times)
    assert [(change["to_status"], change["actor_name"]) for change in found] == [
        ("queued", "ann"),
        ("starting", "bench"),
        ("running", "bench"),
        ("completed", "bench"),
    ]
