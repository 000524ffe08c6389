"""Sampled groups: one compressed blob a group."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber


class RolloutGroup(Base):
    """A prompt and its completions at one step."""

    __tablename__ = "rollout_groups"
    __table_args__ = (
        UniqueConstraint("run_id", "step", "attempt", "index"),
        Index(None, "run_id", "prompt_id"),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    step: Mapped[int] = mapped_column(RowNumber)
    index: Mapped[int]
    completions: Mapped[int]
    reward_mean: Mapped[float | None]
    has_signal: Mapped[bool]
    prompt_id: Mapped[str] = mapped_column(String(200))
    measures: Mapped[bytes]
    """Reward, length and verdict of each completion (`backend.rollouts.measures`), so that what all steps
    look like is known without opening a blob."""
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The group as JSON, compressed with zstandard."""
