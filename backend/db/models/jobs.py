"""Jobs on checkpoints: what they are to do and what they found out."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber


class Job(Base):
    """What a run of another kind than `train` does. The run of the same id has its state; that run's
    `parent_run_id` is the run whose checkpoint is worked on."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    checkpoint_id: Mapped[str] = mapped_column(String(12))
    """No foreign key: the job outlives a checkpoint that its run removes."""
    step: Mapped[int] = mapped_column(RowNumber)
    """Step of the checkpoint."""
    spec: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """`ahora.facts.RunFacts`, of an export."""
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Of an evaluation: its result's, for lists."""
    result: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """`ahora.results.JobResult`; null until there is one."""
