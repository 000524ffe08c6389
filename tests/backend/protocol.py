"""The small model of the protocol that test_protocol.py checks the services against: what each attempt
has reported, who is stale, what an attempt goes on from; and how the model talks to the services."""

import contextlib
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis.stateful import RuleBasedStateMachine

from ahora.events import Numbered
from ahora.schemas.workers import ClaimRequest, Job
from ahora.status import RunStatus
from backend.db import Database
from backend.db.models import Attempt, Run
from backend.errors import StaleAttempt
from backend.events import service as events
from backend.queue import Doorbell
from backend.workers import claims, fencing
from backend.workers.reaper import Reaper

LEASE = 30.0
SECRET, WORKER = "worker secret", "protocol-worker"
S = RunStatus

WISHES = {
    "stop": {S.STOPPING, S.STOPPED, S.COMPLETED, S.FAILED},
    "pause": {S.PAUSING, S.PAUSED, S.COMPLETED, S.FAILED},
}
"""What becomes of a run that a user wants stopped or paused, whatever else happens."""
RUNS = 2


@dataclass
class Tried:
    """What the model knows of an attempt."""

    job: Job
    claim_id: str
    stored: int = 0
    """Number of its newest acknowledged event."""
    step: int = 0
    points: list[int] = field(default_factory=list)
    """Steps of its acknowledged points."""
    last: list[Numbered] = field(default_factory=list)
    ended: bool = False

    @property
    def caller(self) -> fencing.AttemptCaller:
        job = self.job
        return fencing.AttemptCaller(job.attempt_id, job.run_id, job.attempt)


class ProtocolModel(RuleBasedStateMachine):
    """What the model knows, and what it asks of the services."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.db = db
        self.now = 0.0
        self.reaper = Reaper(db, Doorbell(""), LEASE, clock=lambda: self.now)
        self.tried: dict[str, Tried] = {}
        self.saved: dict[str, list[tuple[int, int]]] = {}
        """Attempt and step of each run's checkpoints that count."""
        self.starts: dict[str, dict[int, int]] = {}
        """Step that each attempt of each run started at."""
        self.wishes: dict[str, str] = {}
        """What a user wants of a run: see `WISHES`."""
        self.anew: set[str] = set()
        """Runs whose next attempt begins anew."""
        self.beats = 0
        self.turn = 0

    def refused(self, expected: bool, error: type[Exception]) -> Any:
        return pytest.raises(error) if expected else contextlib.nullcontext()

    def send_claim(self, claim_id: str) -> Job | None:
        request = ClaimRequest(claim_id=claim_id, worker_id=WORKER, queue="cpu", slot=0)
        return claims.claim(self.db, request, SECRET).job

    def ship(self, tried: Tried, bodies: list[dict[str, Any]]) -> bool:
        """Send the attempt's next events; whether they were acknowledged, as the model expects."""
        batch = numbered(tried.stored + 1, bodies)
        stale = self.is_stale(tried)
        with self.refused(stale, StaleAttempt):
            self.append(tried, batch)
        if not stale:
            tried.stored, tried.last = tried.stored + len(batch), batch
        return not stale

    def append(self, tried: Tried, batch: list[Numbered]) -> None:
        with self.db.write() as session:
            events.append(session, tried.caller, batch, Doorbell(""), LEASE)

    def any(self, place: int) -> Tried:
        """An attempt of the last ones."""
        return list(self.tried.values())[-5:][-place % min(5, len(self.tried))]

    def open(self) -> list[Tried]:
        """Attempts that may report."""
        newest = {tried.job.run_id: tried for tried in self.tried.values()}
        return [
            newest[run_id]
            for run_id in self.live
            if run_id in newest and not self.is_stale(newest[run_id])
        ]

    def is_stale(self, tried: Tried) -> bool:
        run, attempt = self.look(tried.job.run_id), self.attempt(tried.job.attempt_id)
        if tried.ended or attempt.number != run.attempt_number:
            return True
        back = attempt.status == "lost" and run.status in {S.LOST, S.QUEUED}
        return not (attempt.status == "active" or (back and run.id not in self.anew))

    def started(self, job: Job, step: int) -> None:
        """What earlier attempts reported beyond `step` counts no more."""
        self.starts[job.run_id][job.attempt] = step
        self.saved[job.run_id] = [
            (attempt, saved)
            for attempt, saved in self.saved[job.run_id]
            if attempt >= job.attempt or saved <= step
        ]

    def queued(self) -> list[Run]:
        return [run for run in map(self.look, self.live) if run.status == S.QUEUED]

    def waiting(self) -> list[str]:
        """Runs that are due."""
        return [run.id for run in self.queued() if run.not_before is None]

    def look(self, run_id: str) -> Run:
        with self.db.read() as session:
            return cast(Run, session.get(Run, run_id))

    def attempt(self, attempt_id: str) -> Attempt:
        with self.db.read() as session:
            return cast(Attempt, session.get(Attempt, attempt_id))


def numbered(first: int, bodies: list[dict[str, Any]]) -> list[Numbered]:
    return [
        Numbered.model_validate({"seq": seq, "event": {"time": 0.0, **body}})
        for seq, body in enumerate(bodies, first)
    ]
