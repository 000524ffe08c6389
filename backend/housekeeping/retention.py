"""What is deleted of itself: checkpoints that a later attempt superseded, and what a project's retention
does not keep of runs that ended.

A row goes first and its files after the commit: whatever happens between leaves files that nobody
refers to, which `backend.housekeeping.orphans` finds, and never a checkpoint without its files.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, aliased

from ahora.schemas.projects import Retention
from ahora.status import FINAL
from backend.checkpoints.store import Store
from backend.db import Database, utcnow
from backend.db.models import Attempt, Checkpoint, Project, RolloutGroup, Run
from backend.runs.journal import append_stream
from backend.runs.transitions import lock_run

logger = logging.getLogger(__name__)

BEST = "eval/pass@1"


def of(project: Project) -> Retention:
    """The settings of a project."""
    return Retention(
        keep_checkpoints=project.keep_checkpoints,
        checkpoint_days=project.checkpoint_days,
        rollout_days=project.rollout_days,
    )


def apply(db: Database, store: Store, stopping: Callable[[], bool] = lambda: False) -> int:
    """Delete what need not be kept, until `stopping()`; returns how many checkpoints that were."""
    reached = ("", store.identity)
    with db.read() as session:
        rows = list(_superseded(session))
        projects = [row for row in session.scalars(select(Project)) if of(row) != Retention()]
        for project in projects:
            rows += _beyond(session, project, utcnow())
        # files in a store that this server does not reach could never be deleted
        doomed = {row.id: row.run_id for row in rows if row.store in reached}
        expired = [run_id for project in projects for run_id in _old_rollouts(session, project)]
    deleted = 0
    for checkpoint_id, run_id in doomed.items():
        if stopping():
            return deleted
        deleted += _delete_checkpoint(db, store, run_id, checkpoint_id)
    for run_id in expired:
        if stopping():
            break
        _delete_rollouts(db, run_id)
    return deleted


def _superseded(session: Session) -> Sequence[Checkpoint]:
    """Checkpoints beyond the step from which a later attempt went on: no reader sees them."""
    later = aliased(Attempt)
    return session.scalars(
        select(Checkpoint).where(
            exists().where(
                later.run_id == Checkpoint.run_id,
                later.number > Checkpoint.attempt,
                later.start_step < Checkpoint.step,
            )
        )
    ).all()


def _beyond(session: Session, project: Project, now: datetime) -> Iterator[Checkpoint]:
    """Checkpoints of runs that ended which the project does not keep."""
    query = (
        select(Checkpoint, Run.finished_at)
        .join(Run, Run.id == Checkpoint.run_id)
        .where(Run.project == project.name, Run.status.in_(FINAL), Run.finished_at.is_not(None))
        .order_by(Checkpoint.step.desc(), Checkpoint.attempt.desc())
    )
    runs: dict[str, list[Checkpoint]] = {}
    for row, finished_at in session.execute(query):
        days = project.checkpoint_days
        if days is not None and finished_at and finished_at < now - timedelta(days=days):
            yield row
        else:
            runs.setdefault(row.run_id, []).append(row)
    if project.keep_checkpoints is None:
        return
    for rows in runs.values():
        # of an older run none is marked, and its metrics may be those of an earlier step
        best = next((row for row in rows if row.best), None) or max(rows, key=_score)
        yield from (row for row in rows[project.keep_checkpoints :] if row is not best)


def _score(row: Checkpoint) -> float:
    value = row.metrics.get(BEST)
    return value if isinstance(value, int | float) else -1.0


def _old_rollouts(session: Session, project: Project) -> Sequence[str]:
    if project.rollout_days is None:
        return []
    before = utcnow() - timedelta(days=project.rollout_days)
    query = select(Run.id).where(
        Run.project == project.name,
        Run.status.in_(FINAL),
        Run.finished_at < before,
        Run.rollout_bytes > 0,
    )
    return session.scalars(query).all()


def _delete_checkpoint(db: Database, store: Store, run_id: str, checkpoint_id: str) -> bool:
    with db.write() as session:
        run = lock_run(session, run_id)
        row = session.get(Checkpoint, checkpoint_id)
        if row is None or not _may_go(session, run, row):
            return False
        path, step = row.path, row.step
        session.delete(row)
        append_stream(session, run, "checkpoint", {"run_id": run_id, "step": step})
    try:
        store.remove(path)
    except Exception as error:  # each kind of store has errors of its own
        logger.warning("%s cannot be deleted, and is an orphan now: %s", path, error)
    return True


def _may_go(session: Session, run: Run, row: Checkpoint) -> bool:
    """Looks again under the run's lock: it may have been queued again in the meantime, or another run
    may begin with the checkpoint."""
    begun = select(Run.from_checkpoint).where(Run.status.not_in(FINAL), Run.deleted_at.is_(None))
    if any(given is not None and given["id"] == row.id for given in session.scalars(begun)):
        return False
    if run.status in FINAL:
        return True
    superseded = exists().where(
        Attempt.run_id == row.run_id,
        Attempt.number > row.attempt,
        Attempt.start_step < row.step,
    )
    return bool(session.scalar(select(superseded)))


def _delete_rollouts(db: Database, run_id: str) -> None:
    with db.write() as session:
        run = lock_run(session, run_id)
        if run.status not in FINAL:
            return
        session.execute(delete(RolloutGroup).where(RolloutGroup.run_id == run_id))
        run.rollout_bytes = 0
