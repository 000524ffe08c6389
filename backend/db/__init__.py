"""The database: engine, transactions, column types and tables."""

from backend.db.base import Base
from backend.db.engine import Database, after_commit
from backend.db.types import Json, UtcDateTime, new_id, utcnow

__all__ = ["Base", "Database", "Json", "UtcDateTime", "after_commit", "new_id", "utcnow"]
