"""Queries on the journals of runs."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db import utcnow
from backend.db.models import Run, StreamItem

RECENT = timedelta(seconds=30)
"""News of all runs is looked for this far back: more than clocks of API machines differ."""


def newest_numbers(session: Session, run_ids: Collection[str]) -> dict[str, int]:
    """Number of the newest item of each of `run_ids` that exists, in their order."""
    if not run_ids:
        return {}
    rows = session.execute(select(Run.id, Run.stream_seq).where(Run.id.in_(run_ids)))
    found = {row.id: row.stream_seq for row in rows}
    return {run_id: found[run_id] for run_id in run_ids if run_id in found}


def recent_numbers(session: Session) -> dict[str, int]:
    """Number of the newest item of each run that had one recently."""
    query = (
        select(StreamItem.run_id, func.max(StreamItem.seq).label("newest"))
        .where(StreamItem.created_at > utcnow() - RECENT)
        .group_by(StreamItem.run_id)
    )
    return {row.run_id: row.newest for row in session.execute(query)}


def items(session: Session, run_id: str, after: int, limit: int) -> Sequence[StreamItem]:
    """Up to `limit` items of a run after the one numbered `after`, in order."""
    query = (
        select(StreamItem)
        .where(StreamItem.run_id == run_id, StreamItem.seq > after)
        .order_by(StreamItem.seq)
        .limit(limit)
    )
    return session.scalars(query).all()
