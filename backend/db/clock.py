"""The one clock that times in the database are compared by.

PostgreSQL's own, which all API processes share; with SQLite the only API process's.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from backend.db.types import UtcDateTime, utcnow


def in_(session: Session, wait: timedelta) -> ColumnElement[datetime]:
    """The time `wait` from now, for a query."""
    assert session.bind is not None
    if session.bind.dialect.name == "postgresql":
        return cast(ColumnElement[datetime], func.clock_timestamp() + literal(wait))
    return literal(utcnow() + wait, UtcDateTime())


def read_in(session: Session, wait: timedelta) -> datetime:
    """The time `wait` from now."""
    found: datetime = session.scalars(select(in_(session, wait))).one()
    return found
