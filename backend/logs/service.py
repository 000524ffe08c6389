"""Lines of a run's log: storing them in order, reading them in pages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy.orm import Session

from ahora.events import LogEvent
from ahora.schemas.base import Page
from ahora.schemas.monitoring import LogLine
from backend.db import utcnow
from backend.db.models import LogLine as LogRow
from backend.events.text import storable
from backend.logs import repository

MOST_LINES = 100_000
"""Lines kept of a run: the newest ones."""

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = get_args(Level)


def append(
    session: Session,
    run_id: str,
    attempt: int,
    events: Sequence[LogEvent],
    warnings: Sequence[str] = (),
) -> list[LogLine]:
    """Store lines of an attempt, then the backend's own warnings about what it reported; they get
    the next positions of the run's log.

    The caller holds the run's row lock.
    """
    if not events and not warnings:
        return []
    first = repository.newest_position(session, run_id) + 1
    lines = [
        LogLine(
            id=position,
            attempt=attempt,
            time=datetime.fromtimestamp(event.time, UTC),
            level=event.level,
            source=event.source,
            message=storable(event.message),
        )
        for position, event in enumerate(events, first)
    ]
    lines += [
        LogLine(
            id=position,
            attempt=attempt,
            time=utcnow(),
            level="warning",
            source="backend",
            message=storable(warning),
        )
        for position, warning in enumerate(warnings, first + len(lines))
    ]
    repository.add(
        session,
        [
            {"run_id": run_id, "position": line.id} | line.model_dump(exclude={"id"})
            for line in lines
        ],
    )
    if lines[-1].id > MOST_LINES:
        repository.trim(session, run_id, lines[-1].id - MOST_LINES)
    return lines


def page(
    session: Session,
    run_id: str,
    *,
    after: int | None,
    before: int | None,
    level: Level | None,
    q: str | None,
    limit: int,
) -> Page[LogLine]:
    """Lines at least as severe as `level` that contain `q`, in order.

    Without `after` the newest ones (before `before`). `next_cursor` is set when there are more in that
    direction: pass it as `after`, or as `before` when reading backwards.
    """
    levels = None if level is None else LEVELS[LEVELS.index(level) :]
    rows = repository.find(
        session, run_id, after=after, before=before, levels=levels, q=q, limit=limit + 1
    )
    more = len(rows) > limit
    forwards = after is not None
    if more:
        rows = rows[:limit] if forwards else rows[1:]
    cursor = str(rows[-1 if forwards else 0].position) if more else None
    return Page(items=[_line(row) for row in rows], next_cursor=cursor)


def _line(row: LogRow) -> LogLine:
    return LogLine.model_validate(
        {
            "id": row.position,
            "attempt": row.attempt,
            "time": row.time,
            "level": row.level,
            "source": row.source,
            "message": row.message,
        }
    )
