"""Inserting a row unless it is there, on both databases."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.db.base import Base


def insert_ignore(session: Session, table: type[Base], **values: Any) -> None:
    """Insert a row; nothing happens when its key exists, also when another transaction is adding it."""
    assert session.bind is not None
    dialect = postgresql if session.bind.dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
