"""Metric points, packed into chunks, and their summaries."""

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber


class MetricChunk(Base):
    """Consecutive points of one metric of one attempt."""

    __tablename__ = "metric_chunks"
    __table_args__ = (UniqueConstraint("run_id", "key", "attempt", "number"),)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    attempt: Mapped[int]
    number: Mapped[int]
    count: Mapped[int]
    first_step: Mapped[int] = mapped_column(RowNumber)
    last_step: Mapped[int] = mapped_column(RowNumber)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class MetricSummary(Base):
    """Summary of one metric of one run."""

    __tablename__ = "metric_summaries"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    last: Mapped[float | None]
    """Null stands for a value that is not finite."""
    last_step: Mapped[int] = mapped_column(RowNumber)
    minimum: Mapped[float | None]
    maximum: Mapped[float | None]
    total: Mapped[float] = mapped_column(default=0.0)
    count: Mapped[int] = mapped_column(default=0)
    nonfinite: Mapped[int] = mapped_column(default=0)
