"""Inserting rows unless they are there, on both databases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.db.base import Base


def insert_ignore(session: Session, table: type[Base], *rows: Mapping[str, Any]) -> None:
    """Insert rows; nothing happens when a key exists, also when another transaction is adding it."""
    assert session.bind is not None
    dialect = postgresql if session.bind.dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))
