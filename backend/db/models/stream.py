"""The journal of each run, from which the live stream replays."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber, utcnow


class StreamItem(Base):
    """One item, numbered within its run under the run's row lock."""

    __tablename__ = "stream_items"
    __table_args__ = (Index(None, "created_at"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    data: Mapped[str] = mapped_column(Text)
    """JSON text as it is sent; empty for `run`, whose summary is read when it is sent."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
