"""What the run table needs beyond the runs: fields of configurations as rows, and saved views."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import new_id, utcnow


class ConfigField(Base):
    """A field of a configuration by its dotted path, to filter, sort and group by.

    A number has `number`, a text or a list (as JSON) `text`, a truth value both; a field that is null
    has no row. Written once, with the first run of the configuration: the seeds of a sweep share them.
    """

    __tablename__ = "config_fields"
    __table_args__ = ({"sqlite_with_rowid": False},)

    # the path first: queries ask for one field of all configurations
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    config: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`Run.config_hash`."""
    number: Mapped[float | None]
    text: Mapped[str | None] = mapped_column(String(500))


class SavedView(Base):
    """A named view of the run table that a project shares."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("project", "name"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    project: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    query: Mapped[str] = mapped_column(Text)
    """Query string of the page, without the question mark."""
    owner: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
