"""Sampled groups: one compressed blob a group."""

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber


class RolloutGroup(Base):
    """A prompt and its completions at one step."""

    __tablename__ = "rollout_groups"
    __table_args__ = (UniqueConstraint("run_id", "step", "attempt", "index"),)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    step: Mapped[int] = mapped_column(RowNumber)
    index: Mapped[int]
    completions: Mapped[int]
    reward_mean: Mapped[float | None]
    has_signal: Mapped[bool]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The group as JSON, compressed with zstandard."""
