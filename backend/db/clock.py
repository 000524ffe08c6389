"""The one clock that times in the database are compared by.

PostgreSQL's own, which all API processes share; with SQLite the only API process's.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, bindparam, func, literal, select
from sqlalchemy.orm import Session

from backend.db.types import UtcDateTime, utcnow


def is_shared(session: Session) -> bool:
    """Whether the database has a clock of its own, which several API processes share."""
    assert session.bind is not None
    return session.bind.dialect.name == "postgresql"


def in_(shared: bool, wait: timedelta) -> ColumnElement[datetime]:
    """The time `wait` from when the query runs that this stands in, on the `shared` clock or on ours."""
    if shared:
        return cast(ColumnElement[datetime], func.clock_timestamp() + literal(wait))
    return bindparam("now", callable_=lambda: utcnow() + wait, type_=UtcDateTime(), unique=True)


def read_in(session: Session, wait: timedelta) -> datetime:
    """The time `wait` from now."""
    found: datetime = session.scalars(select(in_(is_shared(session), wait))).one()
    return found
