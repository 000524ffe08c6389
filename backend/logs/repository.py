"""Queries on log lines."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from backend.db.models import LogLine


def newest_position(session: Session, run_id: str) -> int:
    """Position of the run's newest line, 0 without any."""
    query = select(func.max(LogLine.position)).where(LogLine.run_id == run_id)
    return session.scalar(query) or 0


def add(session: Session, lines: Sequence[dict[str, object]]) -> None:
    """Insert rows."""
    session.execute(insert(LogLine), lines)


def trim(session: Session, run_id: str, until: int) -> None:
    """Delete the lines up to a position."""
    session.execute(delete(LogLine).where(LogLine.run_id == run_id, LogLine.position <= until))


def find(
    session: Session,
    run_id: str,
    *,
    after: int | None,
    before: int | None,
    levels: Sequence[str] | None,
    q: str | None,
    limit: int,
) -> list[LogLine]:
    """Up to `limit` lines in order: those right after `after`, else the last ones (before `before`)."""
    query = select(LogLine).where(LogLine.run_id == run_id)
    if after is not None:
        query = query.where(LogLine.position > after)
    if before is not None:
        query = query.where(LogLine.position < before)
    if levels is not None:
        query = query.where(LogLine.level.in_(levels))
    if q:
        query = query.where(LogLine.message.icontains(q, autoescape=True))
    if after is not None:
        return list(session.scalars(query.order_by(LogLine.position).limit(limit)))
    newest_first = session.scalars(query.order_by(LogLine.position.desc()).limit(limit))
    return list(reversed(newest_first.all()))
