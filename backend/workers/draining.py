"""Draining: a worker takes no more runs, so that its machine can be updated or switched off.

It is the machine's worker that is drained, not one process: one that starts under the same name on the
same host goes on draining until somebody says otherwise.
"""

from contextlib import suppress

from sqlalchemy.orm import Session

from ahora.schemas.workers import DrainRequest
from backend.db import Database
from backend.db.models import Worker
from backend.errors import IllegalChange
from backend.runs import control
from backend.workers import repository


def drain(session: Session, worker_id: str, by: str, body: DrainRequest) -> None:
    """Repeating it only replaces the reason. Raises `WorkerNotFound`."""
    worker = repository.require_worker(session, worker_id)
    worker.draining, worker.drained_by, worker.drain_reason = True, by, body.reason


def pause_runs(db: Database, worker_id: str, by: str, reason: str) -> None:
    """Pause what the worker trains; what cannot be paused (a job, a run that is ending) is left to end."""
    with db.read() as session:
        running = [
            attempt.run_id
            for attempt in repository.active_attempts(session)
            if attempt.worker_id == worker_id
        ]
    why = f"Its worker is being drained by {by}" + (f": {reason}" if reason else ".")
    for run_id in running:
        with suppress(IllegalChange), db.write() as session:
            control.pause(session, run_id, by, why)


def undrain(session: Session, worker_id: str) -> None:
    """Harmless when it is not draining. Raises `WorkerNotFound`."""
    worker = repository.require_worker(session, worker_id)
    worker.draining, worker.drained_by, worker.drain_reason = False, "", ""


def inherit(session: Session, worker: Worker, name: str, host: str) -> None:
    """A new process goes on draining when the one before it was drained."""
    before = repository.newest_named(session, name, host)
    if before is not None:
        worker.draining = before.draining
        worker.drained_by, worker.drain_reason = before.drained_by, before.drain_reason
