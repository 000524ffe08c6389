"""What a job starts from: checkpoints of its own run, or one it was launched from.

A checkpoint is handed out only with the identity of the store it lies in, and a run that has one fits
only workers which registered that store: with a local store, those that reach the same folder.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from ahora.schemas.workers import StoredCheckpoint
from backend.checkpoints import repository
from backend.db.models import Attempt, Checkpoint, Run
from backend.events.superseded import NO_LIMIT, valid_steps

MOST = 3
"""Checkpoints handed out with a claim: the ones before the newest are for when that is damaged."""


def stored(row: Checkpoint) -> StoredCheckpoint:
    """A checkpoint as workers get it."""
    return StoredCheckpoint.model_validate(
        {
            "id": row.id,
            "run_id": row.run_id,
            "step": row.step,
            "kind": row.kind,
            "path": row.path,
            "files": row.files,
            "store": row.store,
        }
    )


def continued(session: Session, run: Run) -> list[StoredCheckpoint]:
    """The checkpoints that the next attempt of the locked `run` may go on from, newest first."""
    # what a job exported is nothing to go on from
    if run.fresh_start or run.kind != "train" or not run.attempt_number:
        return []
    return _newest(session, run, run.attempt_number)


def handed_out(session: Session, run: Run, attempt: Attempt) -> list[StoredCheckpoint]:
    """What `continued` gave when `attempt` was claimed: the same as long as it has not started."""
    return _newest(session, run, attempt.number - 1) if attempt.start_step > 0 else []


def begun_with(run: Run) -> StoredCheckpoint | None:
    """The checkpoint that a run without any of its own begins with, or that a job works on."""
    given = run.from_checkpoint
    return None if given is None else StoredCheckpoint.model_validate(given)


def store_needed(session: Session, run: Run) -> str:
    """Identity of the store that the next attempt must reach; empty when it reads none."""
    own = continued(session, run)
    first = own[0] if own else begun_with(run)
    return "" if first is None else first.store


def _newest(session: Session, run: Run, last_attempt: int) -> list[StoredCheckpoint]:
    limits = valid_steps(session, [run.id])[run.id]
    rows: Sequence[Checkpoint] = [
        row
        for row in repository.of_run(session, run.id)
        if row.attempt <= last_attempt and 0 < row.step <= limits.get(row.attempt, NO_LIMIT)
    ]
    return [stored(row) for row in rows if row.store == rows[0].store][:MOST]
