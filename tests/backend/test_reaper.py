"""Silence: lost, back again, queued again, failed; and what a stale attempt is told."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from backend.db import Database
from backend.queue import Doorbell
from backend.workers.reaper import Reaper
from tests.backend.support import API, FakeWorker, code_of, config, create_run

LEASE = 30.0


@dataclass
class Time:
    """A monotonic clock that a test moves, and the reaper that reads it."""

    db: Database
    now: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As a restarted API: nothing is remembered."""
        self.reaper = Reaper(self.db, Doorbell(""), LEASE, clock=lambda: self.now)

    def pass_by(self, seconds: float) -> None:
        """Sweep, wait, sweep."""
        self.reaper.sweep()
        self.now += seconds
        self.reaper.sweep()


@pytest.fixture
def time(db: Database) -> Time:
    return Time(db)


@pytest.fixture
def status(api: TestClient) -> Callable[[str], str]:
    return lambda run_id: str(api.get(f"{API}/runs/{run_id}").json()["status"])


Status = Callable[[str], str]


def test_an_attempt_that_beats_is_left_alone(
    db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    for beat in range(1, 5):
        worker.attempt_beat(job, beat)
        time.pass_by(LEASE * 0.9)
        worker.beat()
    assert status(run_id) == "starting"


def test_beats_that_say_nothing_new_do_not_count(
    db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    worker.attempt_beat(job, 5)
    time.reaper.sweep()
    time.now += LEASE
    worker.attempt_beat(job, 4)
    time.reaper.sweep()
    assert status(run_id) == "lost"


def test_events_count_as_words(
    db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    time.reaper.sweep()
    time.now += LEASE
    worker.events(job, 1, {"type": "log", "message": "still here"})
    time.reaper.sweep()
    assert status(run_id) == "starting"


def test_a_lost_run_goes_on_when_its_worker_reports_again(
    api: TestClient, db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    time.pass_by(LEASE)
    assert status(run_id) == "lost"
    assert api.get(f"{API}/runs/{run_id}").json()["attempts"][0]["status"] == "lost"
    assert worker.attempt_beat(job, 1).json()["desired"] == "continue"
    assert status(run_id) == "running"
    assert api.get(f"{API}/runs/{run_id}").json()["attempts"][0]["status"] == "active"
    time.pass_by(LEASE * 0.9)
    assert status(run_id) == "running"


def test_it_goes_on_also_from_the_queue_as_long_as_nobody_else_has_it(
    db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    time.pass_by(LEASE)
    time.pass_by(LEASE)
    assert status(run_id) == "queued"
    answer = worker.events(job, 1, {"type": "log", "message": "back"})
    assert answer.json()["last_seq"] == 1
    assert status(run_id) == "running"
    assert worker.claim(slot=1).json()["job"] is None


def test_a_newer_attempt_makes_the_older_stale_everywhere(
    db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    old = worker.job()
    time.pass_by(LEASE)
    time.pass_by(LEASE)
    new = worker.job(slot=1)
    assert (new["run_id"], new["attempt"]) == (run_id, 2)
    assert code_of(worker.attempt_beat(old, 9)) == (409, "stale-attempt")
    stale = worker.events(old, 1, {"type": "status", "status": "completed"})
    assert code_of(stale) == (409, "stale-attempt")
    assert worker.attempt_beat(new, 1).status_code == 200
    assert status(run_id) == "starting"


def test_a_run_that_is_lost_too_often_fails_with_a_reason(
    api: TestClient, db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db, config=config(resources={"max_attempts": 2}))
    for _ in range(2):
        worker.beat()
        worker.job()
        time.pass_by(LEASE)
        time.pass_by(LEASE)
    run = api.get(f"{API}/runs/{run_id}").json()
    assert run["status"] == "failed"
    assert "Tried 2 times" in run["status_reason"]
    assert [attempt["status"] for attempt in run["attempts"]] == ["lost", "lost"]
    changes = [entry["to_status"] for entry in api.get(f"{API}/runs/{run_id}/timeline").json()]
    lost = ["starting", "lost"]
    assert changes == ["queued", *lost, "queued", *lost, "failed"]


def test_a_run_being_stopped_is_stopped_when_its_worker_is_lost(
    api: TestClient, db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    api.post(f"{API}/runs/{run_id}/stop")
    time.pass_by(LEASE)
    assert status(run_id) == "stopped"
    assert code_of(worker.attempt_beat(job, 1)) == (409, "stale-attempt")


def test_a_restarted_api_gives_everybody_a_whole_lease(
    db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db)
    worker.job()
    time.pass_by(LEASE * 0.9)
    time.restart()
    time.pass_by(LEASE * 0.9)
    assert status(run_id) == "starting"
    time.now += LEASE * 0.1
    time.reaper.sweep()
    assert status(run_id) == "lost"


def test_a_silent_worker_shows_as_offline_until_it_reports(
    api: TestClient, worker: FakeWorker, time: Time
) -> None:
    def shown() -> str:
        return str(api.get(f"{API}/workers").json()[0]["status"])

    time.pass_by(LEASE * 0.9)
    worker.beat()
    time.pass_by(LEASE * 0.9)
    assert shown() == "online"
    time.pass_by(LEASE)
    assert shown() == "offline"
    worker.beat()
    assert shown() == "online"


def test_two_reapers_do_nothing_twice(
    api: TestClient, db: Database, worker: FakeWorker, time: Time
) -> None:
    other = Reaper(db, Doorbell(""), LEASE, clock=lambda: time.now)
    run_id = create_run(db)
    worker.job()
    for _ in range(3):
        time.reaper.sweep()
        other.sweep()
        time.now += LEASE
    changes = [entry["to_status"] for entry in api.get(f"{API}/runs/{run_id}/timeline").json()]
    assert changes == ["queued", "starting", "lost", "queued"]


def test_only_lost_attempts_count_whoever_found_out(
    api: TestClient, db: Database, worker: FakeWorker, time: Time, status: Status
) -> None:
    run_id = create_run(db, config=config(resources={"max_attempts": 2}))
    back = {"type": "status", "status": "queued", "reason": "The worker was shut down."}
    for _ in range(3):
        worker.events(worker.job(), 1, back)
    lost = {**back, "error_type": "worker_lost", "reason": "The worker ended without warning."}
    job = worker.job()
    worker.events(job, 1, lost)
    assert code_of(worker.attempt_beat(job, 1)) == (409, "stale-attempt")
    assert status(run_id) == "queued"
    worker.events(worker.job(), 1, lost)
    run = api.get(f"{API}/runs/{run_id}").json()
    assert run["status"] == "failed"
    assert "Tried 2 times" in run["status_reason"]
    endings = [attempt["status"] for attempt in run["attempts"]]
    assert endings == ["requeued"] * 5
    assert [attempt["error_type"] for attempt in run["attempts"]] == [""] * 3 + ["worker_lost"] * 2


def test_a_run_that_was_being_stopped_when_its_worker_died_is_stopped(
    api: TestClient, db: Database, worker: FakeWorker, status: Status
) -> None:
    run_id = create_run(db)
    job = worker.job()
    api.post(f"{API}/runs/{run_id}/stop")
    worker.events(job, 1, {"type": "status", "status": "queued", "error_type": "worker_lost"})
    assert status(run_id) == "stopped"
