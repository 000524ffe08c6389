"""Checkpoints that exist for the product."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber, new_id, utcnow


class Checkpoint(Base):
    """A saved state of a run's model, in the artifact store."""

    __tablename__ = "checkpoints"
    __table_args__ = (Index(None, "run_id", "step"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    step: Mapped[int] = mapped_column(RowNumber)
    kind: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(1000))
    """Folder inside the artifact store."""
    store: Mapped[str] = mapped_column(String(1000), default="")
    """Identity of that store, as its worker registered it; empty when it is not known."""
    size: Mapped[int] = mapped_column(RowNumber)
    files: Mapped[list[dict[str, Any]]]
    metrics: Mapped[dict[str, Any]]
    best: Mapped[bool] = mapped_column(default=False)
    """Whether its own evaluation was the run's best so far when it was saved."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
