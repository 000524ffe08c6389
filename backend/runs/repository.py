"""Queries on runs."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload, undefer

from backend.db.models import Attempt, Run, RunTag, StatusChange
from backend.errors import RunNotFound


def get_full(session: Session, run_id: str) -> Run:
    """A run with everything `views.full` needs, as it is in this transaction."""
    session.flush()
    query = (
        select(Run)
        .where(Run.id == run_id)
        .options(selectinload(Run.tag_rows), selectinload(Run.attempts), selectinload(Run.changes))
        .options(undefer(Run.config), undefer(Run.notes), undefer(Run.from_checkpoint))
        .execution_options(populate_existing=True)
    )
    run = session.scalars(query).one_or_none()
    if run is None:
        raise RunNotFound(run_id)
    return run


def with_tags(session: Session, run_ids: Iterable[str]) -> Sequence[Run]:
    """The runs of `run_ids` that exist, with what `views.summary` needs."""
    query = select(Run).where(Run.id.in_(list(run_ids))).options(selectinload(Run.tag_rows))
    return session.scalars(query).all()


def require_run(session: Session, run_id: str) -> Run:
    """The run without its relations. Raises `RunNotFound`."""
    run = session.get(Run, run_id)
    if run is None:
        raise RunNotFound(run_id)
    return run


def set_tags(run: Run, tags: Iterable[str]) -> None:
    """Replace the tags of a run whose `tag_rows` are loaded; repeated tags count once."""
    held = {row.tag: row for row in run.tag_rows}
    rows = []
    for position, tag in enumerate(dict.fromkeys(tags)):
        row = held.get(tag) or RunTag(tag=tag)
        row.position = position
        rows.append(row)
    run.tag_rows = rows


def timeline(session: Session, run_id: str) -> Sequence[StatusChange]:
    """The changes of a run's state, oldest first."""
    query = select(StatusChange).where(StatusChange.run_id == run_id).order_by(StatusChange.id)
    return session.scalars(query).all()


def first_claim(session: Session, run_id: str) -> datetime:
    """When the first attempt at a run that has one was claimed."""
    query = select(func.min(Attempt.claimed_at)).where(Attempt.run_id == run_id)
    return session.scalars(query).one()


def count_tries(session: Session, run: Run, counted: Collection[str]) -> int:
    """How many attempts of a run, since a user queued it last, were lost or ended with an error of one of
    the types `counted`."""
    failed = or_(Attempt.status == "lost", Attempt.error_type.in_(counted))
    query = select(func.count()).where(
        Attempt.run_id == run.id, Attempt.number > run.tries_from, failed
    )
    return session.scalar(query) or 0
