"""Metric series: a summary each, and their points packed into chunks."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber


class MetricSeries(Base):
    """What one attempt reported of one metric.

    The summary covers what is visible of the run's points up to and including this attempt's, so that
    of the newest series (`newest`) is the run's.
    """

    __tablename__ = "metric_series"
    __table_args__ = (
        UniqueConstraint("run_id", "key", "attempt"),
        Index(
            "ix_metric_series_newest",
            "key",
            "run_id",
            postgresql_where=text("newest"),
            sqlite_where=text("newest = 1"),
        ),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    attempt: Mapped[int]
    """Number of the attempt."""
    newest: Mapped[bool] = mapped_column(default=True)
    """Whether no later attempt has reported this metric."""
    chunk: Mapped[int]
    """Number of the newest chunk, from 0; all before it are full."""
    chunk_points: Mapped[int]
    """Points in the newest chunk."""
    points: Mapped[int]
    nonfinite: Mapped[int]
    last: Mapped[float | None]
    """Value at the highest step. Null stands for NaN, which SQLite cannot store."""
    last_step: Mapped[int] = mapped_column(RowNumber)
    minimum: Mapped[float | None]
    maximum: Mapped[float | None]
    total: Mapped[float]
    """Sum of the finite values."""


class MetricChunk(Base):
    """Points of a series in the order they were reported (`backend.metrics.points`)."""

    __tablename__ = "metric_chunks"

    series_id: Mapped[int] = mapped_column(
        RowNumber, ForeignKey("metric_series.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)
