"""Experiments."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import Json, new_id, utcnow


class Experiment(Base):
    """Runs that were launched as one; each has its id and the index of its cell."""

    __tablename__ = "experiments"
    __table_args__ = (Index(None, "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    project: Mapped[str] = mapped_column(ForeignKey("projects.name"))
    tags: Mapped[list[str]]
    notes: Mapped[str] = mapped_column(Text, default="")
    preset: Mapped[str | None] = mapped_column(String(100))
    parent_run_id: Mapped[str | None] = mapped_column(String(12))
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    deleted_at: Mapped[datetime | None]
    config: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """As it was given, before the axes."""
    axes: Mapped[list[dict[str, Any]]]
    cells: Mapped[list[dict[str, Any]]]
    """`ahora.schemas.experiments.Cell` of each configuration."""
    seeds: Mapped[list[int]] = mapped_column(Json)
