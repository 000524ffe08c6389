"""The reaper: finds attempts and workers that have fallen silent.

It compares counters with what it saw itself, on its own monotonic clock: no two machines' clocks are
compared, and an API that was restarted gives everybody a whole lease. Several API processes may reap
at once: every change is made under the run's lock, after looking again.
"""

import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ahora.events import WORKER_LOST
from ahora.status import ACTIVE, Actor, RunStatus
from backend.db import Database
from backend.db.models import Run
from backend.queue import Doorbell
from backend.runs.transitions import change_status, lock_run
from backend.workers import repository
from backend.workers.fencing import close_attempt
from backend.workers.tries import try_again

logger = logging.getLogger(__name__)

NAME = "reaper"


@dataclass
class _Seen:
    value: Hashable
    since: float


class Watch:
    """How long each of many values has stood still, on one monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def standing(self, values: dict[str, Hashable]) -> dict[str, float]:
        """Seconds since each value was first seen as it is now; keys that are absent are forgotten."""
        now = self._clock()
        kept = {}
        for key, value in values.items():
            seen = self._seen.get(key)
            kept[key] = seen if seen is not None and seen.value == value else _Seen(value, now)
        self._seen = kept
        return {key: now - seen.since for key, seen in kept.items()}


class Reaper:
    """Looks for silence at each `sweep`."""

    def __init__(
        self,
        db: Database,
        doorbell: Doorbell,
        lease_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._doorbell = doorbell
        self._lease = lease_seconds
        self._attempts, self._lost, self._workers = Watch(clock), Watch(clock), Watch(clock)

    def sweep(self) -> None:
        """Mark what was silent for a lease as lost, and give up what was lost for another."""
        with self._db.read() as session:
            beats: dict[str, Hashable] = {
                attempt.id: (attempt.counter, attempt.last_seq)
                for attempt in repository.active_attempts(session)
            }
            runs_of = {
                attempt.id: attempt.run_id for attempt in repository.active_attempts(session)
            }
            lost: dict[str, Hashable] = dict(repository.lost_runs(session))
            workers: dict[str, Hashable] = {
                worker.id: worker.counter for worker in repository.online(session)
            }
        for attempt_id in self._silent(self._attempts, beats):
            self._lose(runs_of[attempt_id], beats[attempt_id])
        for run_id in self._silent(self._lost, lost):
            self._give_up(run_id)
        for worker_id in self._silent(self._workers, workers):
            self._set_offline(worker_id, workers[worker_id])

    def _silent(self, watch: Watch, values: dict[str, Hashable]) -> list[str]:
        return [key for key, age in watch.standing(values).items() if age >= self._lease]

    def _lose(self, run_id: str, beat: Hashable) -> None:
        with self._db.write() as session:
            run = lock_run(session, run_id)
            attempt = repository.newest_attempt(session, run)
            moved = (attempt.counter, attempt.last_seq) != beat
            if moved or attempt.status != "active" or run.status not in ACTIVE:
                return
            reason = f"Worker {attempt.worker} has not reported for {self._lease:g} s."
            logger.warning("run %s: %s", run.id, reason)
            wanted = {RunStatus.STOPPING: RunStatus.STOPPED, RunStatus.PAUSING: RunStatus.PAUSED}
            target = wanted.get(run.status, RunStatus.LOST)
            if target != RunStatus.LOST:
                reason += f" The run was {run.status}."
            self._change(session, run, target, reason)
            close_attempt(attempt, "lost", reason=reason)

    def _give_up(self, run_id: str) -> None:
        with self._db.write() as session:
            run = lock_run(session, run_id)
            if run.status != RunStatus.LOST:
                return
            try_again(
                session,
                run,
                actor=Actor.REAPER,
                actor_name=NAME,
                reason="Its worker was lost.",
                error_type=WORKER_LOST,
                doorbell=self._doorbell,
                lease=self._lease,
            )

    def _change(self, session: Session, run: Run, target: RunStatus, reason: str) -> None:
        change_status(session, run, target, actor=Actor.REAPER, actor_name=NAME, reason=reason)

    def _set_offline(self, worker_id: str, counter: Hashable) -> None:
        with self._db.write() as session:
            worker = repository.require_worker(session, worker_id)
            if worker.counter == counter:
                worker.status = "offline"
