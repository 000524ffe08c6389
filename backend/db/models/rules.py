"""Rules that watch runs, and the alerts they raised. What they remember is with the run."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber, utcnow


class Rule(Base):
    """A rule of a project or of a run; exactly one of the two is set."""

    __tablename__ = "rules"
    __table_args__ = (UniqueConstraint("project", "key"), UniqueConstraint("run_id", "key"))

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    project: Mapped[str | None] = mapped_column(ForeignKey("projects.name", ondelete="CASCADE"))
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    condition: Mapped[dict[str, Any]]
    """`ahora.schemas.rules.Condition`."""
    action: Mapped[str] = mapped_column(String(20))
    enabled: Mapped[bool]
    advice: Mapped[str] = mapped_column(Text, default="")
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(default=utcnow)


class Alert(Base):
    """What a rule found on a run (`ahora.schemas.rules.Alert`)."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("run_id", "rule"),
        Index(None, "active", "last_at"),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    rule: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    """Kind of its condition."""
    name: Mapped[str] = mapped_column(String(200))
    metric: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool]
    step: Mapped[int] = mapped_column(RowNumber)
    last_step: Mapped[int] = mapped_column(RowNumber)
    value: Mapped[float | None]
    sentence: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text)
    paused: Mapped[bool] = mapped_column(default=False)
    occurrences: Mapped[int]
    first_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_at: Mapped[datetime] = mapped_column(default=utcnow)
    quiet_since: Mapped[datetime | None]
    """Of silence: the run's last report when it began; any other ends it."""
    resolved_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(200))
