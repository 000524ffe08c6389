"""Projects, runs, their tags, their timeline and the idempotency keys that made them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Enum, ForeignKey, Index, String, Text, desc
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ahora.status import Actor, RunStatus
from backend.db.base import Base
from backend.db.types import RowNumber, new_id, utcnow

if TYPE_CHECKING:
    from backend.db.models.attempts import Attempt

StatusColumn = Enum(
    RunStatus, native_enum=False, length=20, values_callable=lambda e: [item.value for item in e]
)
ActorColumn = Enum(
    Actor, native_enum=False, length=20, values_callable=lambda e: [item.value for item in e]
)


class Project(Base):
    """A project: a name that runs share."""

    __tablename__ = "projects"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    # what is kept of runs that ended (`ahora.schemas.projects.Retention`); null keeps everything
    keep_checkpoints: Mapped[int | None]
    checkpoint_days: Mapped[int | None]
    rollout_days: Mapped[int | None]


class Run(Base):
    """A run. Columns of its configuration and its newest values stand apart for lists and sorting."""

    __tablename__ = "runs"
    __table_args__ = (
        # the order in which runs are handed out: without it each claim sorts all that wait
        Index("ix_runs_handed_out", "status", "queue", desc("priority"), "created_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "project", "created_at"),
        Index(None, "parent_run_id"),
        Index(None, "experiment_id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20), default="train")
    """`ahora.config.JobKind`. What is not `train` is a job on a checkpoint (`jobs` has the rest of it):
    it is queued, claimed and stopped as a run, and is in no list, count or comparison of runs."""
    name: Mapped[str] = mapped_column(String(200))
    project: Mapped[str] = mapped_column(ForeignKey("projects.name"))
    priority: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    deleted_at: Mapped[datetime | None]
    parent_run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id"))
    """Run its configuration started from; of a job the run whose checkpoint is worked on."""
    preset: Mapped[str | None] = mapped_column(String(100))
    experiment_id: Mapped[str | None] = mapped_column(String(12))
    """Experiment it was launched with (no foreign key: SQLite could not drop such a column again)."""
    cell: Mapped[int | None]
    """Index of its configuration in the experiment."""

    # of the configuration
    algorithm: Mapped[str] = mapped_column(String(40))
    alpha: Mapped[float]
    model: Mapped[str] = mapped_column(String(500))
    data: Mapped[str] = mapped_column(String(200))
    seed: Mapped[int]
    max_steps: Mapped[int]
    queue: Mapped[str] = mapped_column(String(20))
    labels: Mapped[list[str]]
    """Labels a worker must carry."""
    min_memory_gb: Mapped[float] = mapped_column(default=0.0)
    max_attempts: Mapped[int]
    schema_version: Mapped[int]
    method: Mapped[str] = mapped_column(String(16), default="")
    """Hash of all that makes runs repeats that differ only in their seed (`backend.runs.method`)."""
    config_hash: Mapped[str] = mapped_column(String(16), default="")
    """Of the whole configuration but the seed: its fields are `ConfigField`s. Empty for jobs."""

    # where it is
    status: Mapped[RunStatus] = mapped_column(StatusColumn, default=RunStatus.QUEUED)
    status_reason: Mapped[str] = mapped_column(Text, default="")
    desired: Mapped[str] = mapped_column(String(10), default="continue")
    """What the worker is told: `continue`, `pause` or `stop`."""
    desired_reason: Mapped[str] = mapped_column(Text, default="")
    attempt_number: Mapped[int] = mapped_column(default=0)
    """Number of the newest attempt, 0 before the first; any other attempt is stale."""
    tries_from: Mapped[int] = mapped_column(default=0)
    """Attempts up to this number do not count as tries: a user queued the run after them."""
    not_before: Mapped[datetime | None]
    """When a queued run is due, on the clock of `backend.db.clock`; null at once."""
    fresh_start: Mapped[bool] = mapped_column(default=False)
    """Whether the next attempt begins anew although there are checkpoints."""
    needs_store: Mapped[str] = mapped_column(String(1000), default="")
    """Identity of the artifact store that holds what the next attempt starts from; empty for none."""
    worker: Mapped[str | None] = mapped_column(String(200))
    """Name of the newest attempt's worker; null while it waits."""
    phase: Mapped[str] = mapped_column(String(20), default="")
    phase_message: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_event_at: Mapped[datetime | None]
    last_report_at: Mapped[datetime | None]
    """When the trainer itself last said something: not what its supervisor measures."""
    step: Mapped[int] = mapped_column(default=0)
    elapsed: Mapped[float] = mapped_column(default=0.0)
    """Seconds of training time at `step`."""
    step_seconds: Mapped[float | None]
    """Duration of a step as this attempt measures it, for the estimate of the time left."""
    rollout_bytes: Mapped[int] = mapped_column(RowNumber, default=0)
    """Size of its stored rollouts."""
    last_reward: Mapped[float | None]
    last_pass_at_1: Mapped[float | None]
    alerts: Mapped[list[str]] = mapped_column(default=list)
    """Names of the rules whose alerts are active and not acknowledged."""
    rule_memory: Mapped[str | None] = mapped_column(Text, deferred=True)
    """What the rules remember of its reports, as JSON (`backend.rules.watching`): here, because each
    batch of reports changes the row anyway. `lock_run` loads it."""

    version: Mapped[int] = mapped_column(default=1)
    """Raised by every edit of a user."""
    stream_seq: Mapped[int] = mapped_column(RowNumber, default=0)
    """Number of the newest item of the run's journal; raised under the row's lock."""

    notes: Mapped[str] = mapped_column(Text, default="", deferred=True)
    config: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    from_checkpoint: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """Checkpoint it begins with (`ahora.schemas.workers.StoredCheckpoint`), as it was at the launch."""

    tag_rows: Mapped[list["RunTag"]] = relationship(
        lazy="raise", order_by="RunTag.position", cascade="all, delete-orphan"
    )
    attempts: Mapped[list["Attempt"]] = relationship(
        lazy="raise", order_by="Attempt.number", back_populates="run", viewonly=True
    )
    changes: Mapped[list["StatusChange"]] = relationship(
        lazy="raise", order_by="StatusChange.id", viewonly=True
    )


class RunTag(Base):
    """A tag of a run."""

    __tablename__ = "run_tags"
    __table_args__ = (Index(None, "tag", "run_id"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True)
    position: Mapped[int]
    """Place in the list as the user wrote it."""


class StatusChange(Base):
    """An entry of a run's timeline."""

    __tablename__ = "status_changes"
    __table_args__ = (Index(None, "run_id", "id"),)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    time: Mapped[datetime] = mapped_column(default=utcnow)
    from_status: Mapped[RunStatus | None] = mapped_column(StatusColumn)
    to_status: Mapped[RunStatus] = mapped_column(StatusColumn)
    actor: Mapped[Actor] = mapped_column(ActorColumn)
    actor_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
    attempt: Mapped[int | None]


class IdempotencyKey(Base):
    """A creation that was already carried out for a key."""

    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
