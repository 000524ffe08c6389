"""Attempts at a run."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.db.base import Base
from backend.db.models.runs import Run
from backend.db.types import RowNumber, new_id, utcnow


class Attempt(Base):
    """One try at a run by one slot of a worker."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("run_id", "number"),
        Index(None, "status"),
        Index(None, "worker_id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    number: Mapped[int]
    """1 for the first."""
    status: Mapped[str] = mapped_column(String(20), default="active")
    """`active`, `completed`, `failed`, `stopped`, `paused`, `lost` or `requeued`."""
    reason: Mapped[str] = mapped_column(Text, default="")
    error_type: Mapped[str] = mapped_column(String(100), default="")

    claim_id: Mapped[str] = mapped_column(String(64), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    worker_id: Mapped[str | None] = mapped_column(ForeignKey("workers.id", ondelete="SET NULL"))
    worker: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(255))
    device: Mapped[str] = mapped_column(String(200))
    slot: Mapped[int]

    claimed_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    start_step: Mapped[int] = mapped_column(default=0)
    """Step it goes on from: until it says so itself, that of the newest checkpoint it was given. Later
    points of earlier attempts are superseded."""
    start_elapsed: Mapped[float] = mapped_column(default=0.0)
    """Seconds of training time before it."""
    last_seq: Mapped[int] = mapped_column(RowNumber, default=0)
    """Number of the newest event that is stored."""
    counter: Mapped[int] = mapped_column(RowNumber, default=0)
    """Newest heartbeat."""
    provenance: Mapped[dict[str, Any] | None]

    run: Mapped[Run] = relationship(lazy="raise", back_populates="attempts", viewonly=True)
