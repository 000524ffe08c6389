"""Pause, resume, stop, try again: in every state, twice, and while something else happens."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from ahora.status import ACTIVE, RunStatus
from backend.db import Database, clock
from backend.db.models import Attempt, Run
from backend.queue import Doorbell
from backend.workers.reaper import Reaper
from backend.workers.tries import DELAYS, delay
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    at_once,
    checkpoint,
    code_of,
    config,
    create_run,
    metrics,
)

S = RunStatus
ENDED = {"type": "status", "status": "stopped", "reason": "as asked"}
PAUSED = {"type": "status", "status": "paused", "reason": "saved"}
BACK = {"type": "status", "status": "queued", "reason": "The worker was shut down."}
LOST = {**BACK, "error_type": "worker_lost", "reason": "The worker ended without warning."}
KILLED = {
    "type": "status",
    "status": "failed",
    "error_type": "signal",
    "reason": "The trainer was killed by SIGKILL: most likely the machine ran out of memory.",
}


class Site:
    """One run, and what is done to it."""

    def __init__(self, api: TestClient, db: Database, worker: FakeWorker) -> None:
        self.api, self.db, self.worker = api, db, worker
        self.id = create_run(db, name="mine", config=config(resources={"max_attempts": 3}))

    def do(self, action: str, **body: Any) -> Any:
        return self.api.post(f"{API}/runs/{self.id}/{action}", json=body)

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"{API}/runs/{self.id}").json()
        return found

    @property
    def status(self) -> str:
        return str(self.run["status"])

    def timeline(self) -> list[tuple[str, str]]:
        entries = self.api.get(f"{API}/runs/{self.id}/timeline").json()
        return [(entry["to_status"], entry["actor"]) for entry in entries]

    def running(self, *events: dict[str, Any]) -> dict[str, Any]:
        job = self.worker.job()
        assert self.worker.events(job, 1, RUNNING, *events).status_code == 200
        return job

    def force(self, status: RunStatus) -> None:
        """Into a state, with an attempt as that state has it."""
        if status != S.QUEUED:
            self.worker.job()
        attempt = "active" if status in ACTIVE else "lost"
        with self.db.write() as session:
            session.execute(update(Run).where(Run.id == self.id).values(status=status))
            mine = Attempt.run_id == self.id
            session.execute(update(Attempt).where(mine).values(status=attempt))


@pytest.fixture
def site(api: TestClient, db: Database, worker: FakeWorker) -> Site:
    return Site(api, db, worker)


LEGAL = {
    "stop": {
        S.QUEUED: "stopped",
        S.STARTING: "stopping",
        S.RUNNING: "stopping",
        S.PAUSING: "stopping",
        S.PAUSED: "stopped",
        S.STOPPING: "stopping",
        S.STOPPED: "stopped",
        S.LOST: "stopped",
    },
    "pause": {
        S.QUEUED: "paused",
        S.STARTING: "pausing",
        S.RUNNING: "pausing",
        S.PAUSING: "pausing",
        S.PAUSED: "paused",
        S.LOST: "paused",
    },
    "resume": {
        S.QUEUED: "queued",
        S.STARTING: "starting",
        S.RUNNING: "running",
        S.PAUSED: "queued",
    },
    "retry": {
        S.QUEUED: "queued",
        S.STARTING: "starting",
        S.RUNNING: "running",
        S.FAILED: "queued",
        S.STOPPED: "queued",
        S.LOST: "queued",
    },
}


@pytest.mark.parametrize("action", LEGAL)
def test_each_action_in_each_state_and_again(
    api: TestClient, db: Database, worker: FakeWorker, action: str
) -> None:
    for status in RunStatus:
        site = Site(api, db, worker)
        site.force(status)
        offered = site.run["actions"]
        answer = site.do(action, reason="because")
        expected = LEGAL[action].get(status)
        if expected is None:
            assert code_of(answer) == (409, "illegal-change"), status
            detail = answer.json()["detail"]
            assert f"is {status}: it cannot be" in detail
            assert f"Possible are: {', '.join(offered)}." in detail
            assert action not in offered
            assert site.status == status
        else:
            assert answer.status_code == 200, (status, answer.text)
            assert answer.json()["status"] == expected, status
            changed = expected != status
            assert (action in offered) is changed, status
            if changed:
                assert answer.json()["status_reason"] == "because"
            entries = len(site.timeline())
            assert site.do(action).json()["status"] == expected, "repeating is harmless"
            assert len(site.timeline()) == entries
        with db.write() as session:  # out of the way of the next one
            session.execute(update(Run).values(deleted_at=clock.read_in(session, timedelta())))


def test_a_paused_run_frees_its_slot_and_goes_on_from_its_checkpoint(site: Site) -> None:
    job = site.running(metrics(1, reward=0.1))
    assert site.do("pause").json()["status"] == "pausing"
    assert site.worker.attempt_beat(job, 1).json()["desired"] == "pause"
    answer = site.worker.events(job, 3, checkpoint(job, 1, "model.safetensors"), PAUSED)
    assert answer.status_code == 200
    assert (site.status, site.run["attempts"][0]["status"]) == ("paused", "paused")
    assert site.run["actions"] == ["resume", "stop", "clone", "delete"]
    assert site.worker.claim().json() == {"job": None}
    assert code_of(site.worker.attempt_beat(job, 2)) == (409, "stale-attempt")

    assert site.do("resume").json()["status"] == "queued"
    again = site.running()
    assert (again["attempt"], again["resume_from"][0]["step"]) == (2, 1)
    assert site.run["status_reason"] == "It goes on from the checkpoint of step 1."
    user, by = "user", "worker"
    assert site.timeline() == [
        *[("queued", user), ("starting", by), ("running", by), ("pausing", user), ("paused", by)],
        *[("queued", user), ("starting", by), ("running", by)],
    ]


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ({"type": "status", "status": "completed"}, "completed"),
        ({"type": "status", "status": "failed", "error_type": "nan_loss"}, "failed"),
        (ENDED, "paused"),
        (BACK, "paused"),
        (LOST, "paused"),
        (KILLED, "paused"),
    ],
)
def test_a_job_that_ends_while_it_is_being_paused(
    site: Site, ends: dict[str, Any], status: str
) -> None:
    job = site.running()
    site.do("pause")
    site.worker.events(job, 2, ends)
    assert site.status == status


@pytest.mark.parametrize("ends", [PAUSED, BACK, LOST, KILLED, ENDED])
def test_a_stop_overrules_a_pause(site: Site, ends: dict[str, Any]) -> None:
    job = site.running()
    site.do("pause")
    assert site.do("stop").json()["status"] == "stopping"
    assert site.worker.attempt_beat(job, 1).json()["desired"] == "stop"
    site.worker.events(job, 2, ends)
    assert site.status == "stopped"
    assert code_of(site.do("resume")) == (409, "illegal-change")


def test_a_run_is_paused_also_when_its_worker_is_lost_meanwhile(site: Site) -> None:
    now = 0.0
    reaper = Reaper(site.db, Doorbell(""), 30.0, clock=lambda: now)
    job = site.running()
    site.do("pause")
    reaper.sweep()
    now = 30.0
    reaper.sweep()
    assert site.status == "paused"
    assert code_of(site.worker.attempt_beat(job, 1)) == (409, "stale-attempt")


def test_a_paused_run_is_not_claimed_and_a_claimed_one_is_told(site: Site) -> None:
    site.do("pause")
    assert site.worker.claim().json() == {"job": None}
    site.do("resume")
    job = site.worker.job()
    site.do("pause")
    assert site.worker.attempt_beat(job, 1).json()["desired"] == "pause", "before it has started"


def test_a_retry_goes_on_from_the_newest_checkpoint_or_from_the_start(site: Site) -> None:
    job = site.running(metrics(1, reward=0.1), metrics(2, reward=0.1))
    failed = {"type": "status", "status": "failed", "reason": "no", "error_type": "nan_loss"}
    site.worker.events(job, 4, checkpoint(job, 2, "model.safetensors"), failed)
    assert site.run["actions"] == ["retry", "clone", "delete"]
    assert site.do("retry").json()["status_reason"] == "Tried again by tester."
    job = site.worker.job()
    assert [one["step"] for one in job["resume_from"]] == [2]
    site.worker.events(job, 1, failed)
    answer = site.do("retry", from_start=True).json()
    assert answer["status_reason"] == "Tried again from the start by tester."
    assert site.worker.job()["resume_from"] == []
    assert site.run["step"] == 0


def test_a_run_that_waits_for_a_store_may_be_told_to_begin_anew(site: Site) -> None:
    job = site.running()
    site.worker.events(job, 2, checkpoint(job, 2, "model.safetensors"), BACK)
    with site.db.write() as session:
        session.execute(update(Run).values(needs_store="gone"))
    assert "artifact store that no fitting worker reaches" in site.run["waits_for"]
    assert site.do("retry", from_start=True).json()["waits_for"] is None
    assert site.worker.job()["resume_from"] == []


def test_a_lost_run_that_is_to_begin_anew_does_not_come_back(site: Site) -> None:
    job = site.running()
    with site.db.write() as session:
        session.execute(update(Run).values(status=S.LOST))
        session.execute(update(Attempt).values(status="lost"))
    site.do("retry", from_start=True)
    assert code_of(site.worker.attempt_beat(job, 1)) == (409, "stale-attempt")


def test_a_killed_trainer_is_tried_again_later_and_later_and_fails_with_its_last_error(
    site: Site,
) -> None:
    waited = []
    for _ in range(2):
        site.worker.events(site.worker.job(), 1, RUNNING, KILLED)
        run = site.run
        assert run["status"] == "queued"
        assert "SIGKILL" in run["status_reason"]
        waited.append(run["due_at"])
        if run["due_at"] is not None:
            assert site.worker.claim().json() == {"job": None}, "not yet"
            site.do("retry")  # a user need not wait
    assert waited[0] is None
    assert waited[1] is not None
    site.worker.events(site.worker.job(), 1, RUNNING, KILLED)
    run = site.run
    assert run["status"] == "failed"
    assert run["status_reason"].startswith("Tried 3 times")
    assert run["status_reason"].endswith(KILLED["reason"])
    assert [one["status"] for one in run["attempts"]] == ["failed"] * 3

    site.do("retry")
    site.worker.events(site.worker.job(), 1, RUNNING, KILLED)
    assert site.status == "queued", "a user's retry has all tries again"


def test_a_failure_that_is_explained_is_not_tried_again(site: Site) -> None:
    failed = {"type": "status", "status": "failed", "reason": "no", "error_type": "out_of_memory"}
    site.worker.events(site.worker.job(), 1, RUNNING, failed)
    assert site.status == "failed"


def test_waits_grow_and_shrink_with_the_lease() -> None:
    seconds = [delay(tries, 30.0).total_seconds() for tries in range(1, 9)]
    assert seconds[: len(DELAYS)] == list(DELAYS)
    assert seconds == sorted(seconds)
    assert delay(3, 3.0).total_seconds() == DELAYS[2] / 10
    assert delay(3, 300.0).total_seconds() == DELAYS[2]


def test_a_run_is_due_when_its_time_has_come_also_after_the_clock_was_put_back(site: Site) -> None:
    def due_in(wait: timedelta) -> None:
        with site.db.write() as session:
            session.execute(update(Run).values(not_before=clock.read_in(session, wait)))

    due_in(timedelta(seconds=60))
    assert site.worker.claim().json() == {"job": None}
    due_in(timedelta(hours=2))
    site.worker.events(site.worker.job(), 1, BACK)
    due_in(timedelta(seconds=-1))
    site.worker.job()


def test_a_priority_is_changed_in_the_queue_and_told_in_the_timeline(site: Site) -> None:
    other = create_run(site.db, priority=5)
    answer = site.api.patch(f"{API}/runs/{site.id}", json={"priority": 9})
    assert (answer.json()["priority"], answer.json()["status"]) == (9, "queued")
    site.api.patch(f"{API}/runs/{site.id}", json={"priority": 9})
    entries = site.api.get(f"{API}/runs/{site.id}/timeline").json()
    assert [(each["from_status"], each["to_status"], each["reason"]) for each in entries] == [
        (None, "queued", ""),
        ("queued", "queued", "Priority 0 -> 9."),
    ]
    assert entries[1]["actor_name"] == "tester"
    assert [site.worker.job(slot=slot)["run_id"] for slot in range(2)] == [site.id, other]


def test_a_deleted_run_is_restored_before_it_goes_on(site: Site) -> None:
    site.do("stop")
    site.api.delete(f"{API}/runs/{site.id}")
    answer = site.do("retry")
    assert code_of(answer) == (409, "illegal-change")
    assert "is in the bin" in answer.json()["detail"]
    assert "restore" in answer.json()["detail"]


@pytest.mark.parametrize("turn", range(3))
def test_races(api: TestClient, db: Database, worker: FakeWorker, turn: int) -> None:
    """Whoever is first, the run and its attempt end in states that fit."""
    claiming = Site(api, db, worker)
    got: list[Any] = []
    at_once(lambda: claiming.do("stop"), lambda: got.append(worker.claim().json()["job"]))
    job = got[0]
    if job is None:
        assert (claiming.status, claiming.run["attempts"]) == ("stopped", [])
    else:
        assert claiming.status == "stopping"
        assert worker.attempt_beat(job, 1).json()["desired"] == "stop"
        worker.events(job, 1, ENDED)
        assert claiming.status == "stopped"

    finishing = Site(api, db, worker)
    job = finishing.running()
    at_once(
        lambda: finishing.do("pause"),
        lambda: worker.events(job, 2, {"type": "status", "status": "completed"}),
    )
    assert finishing.status == "completed"

    twice = Site(api, db, worker)
    twice.running()
    at_once(lambda: twice.do("stop"), lambda: twice.do("stop"))
    assert [to for to, _ in twice.timeline()].count("stopping") == 1

    reaped = Site(api, db, worker)
    reaped.force(S.LOST)
    now = [0.0]
    reaper = Reaper(db, Doorbell(""), 30.0, clock=lambda: now[0])
    reaper.sweep()
    now[0] = 30.0
    at_once(lambda: reaped.do("retry"), reaper.sweep)
    assert reaped.status == "queued"
    assert [to for to, _ in reaped.timeline()].count("queued") == 2
    assert worker.job()["run_id"] == reaped.id

    resumed = Site(api, db, worker)
    resumed.running()
    resumed.do("pause")
    reaper.sweep()
    now[0] = 60.0
    answers: list[Any] = []
    at_once(lambda: answers.append(resumed.do("resume")), reaper.sweep)
    first_was_resume = answers[0].status_code == 409  # it was still pausing
    assert resumed.status == ("paused" if first_was_resume else "queued")
    assert [to for to, _ in resumed.timeline()].count("paused") == 1
