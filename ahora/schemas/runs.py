"""Runs, their attempts and their history."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ahora.config import JobKind, RunConfig
from ahora.schemas.base import Name, Request, Schema, Slug, Tag
from ahora.status import Actor, RunStatus

Action = Literal["pause", "resume", "retry", "stop", "clone", "delete", "restore"]


class RunCreate(Request):
    """A run to launch."""

    config: RunConfig
    name: Name | None = None
    """Empty gets a readable one from algorithm, model and seed."""
    project: Slug = "default"
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    notes: str = Field(default="", max_length=20_000)
    priority: int = Field(default=0, ge=-100, le=100)
    """Higher is claimed first; equal ones by age."""
    preset: str | None = Field(default=None, max_length=100)
    """Preset the configuration started from, if any; kept for display."""
    parent_run_id: str | None = Field(default=None, max_length=100)
    """Run the configuration started from, if any; it must exist."""


class RunUpdate(Request):
    """Fields of a run that may be edited; absent ones stay as they are."""

    name: Name | None = None
    project: Slug | None = None
    tags: list[Tag] | None = Field(default=None, max_length=50)
    notes: str | None = Field(default=None, max_length=20_000)
    priority: int | None = Field(default=None, ge=-100, le=100)


class RunClone(Request):
    """A new run from an old one's configuration."""

    name: Name | None = None
    overrides: dict[str, Any] = Field(default_factory=dict, max_length=100)
    """Dotted paths to values, such as `{"seed": 1, "algorithm.alpha": 2.0}`."""


class CheckpointRun(Request):
    """A new run that begins with the weights of a checkpoint, at step 0."""

    name: Name | None = None
    overrides: dict[str, Any] = Field(default_factory=dict, max_length=100)
    """Changes to the configuration of the checkpoint's run, by dotted path. The model's own fields stay
    as they are: the weights would not fit another."""
    priority: int | None = Field(default=None, ge=-100, le=100)
    """Empty takes that of the checkpoint's run."""


class StopRequest(Request):
    """Why a run is stopped."""

    reason: str = Field(default="", max_length=1000)


class PauseRequest(Request):
    """Why a run is paused."""

    reason: str = Field(default="", max_length=1000)


class ResumeRequest(Request):
    """Why a run goes on."""

    reason: str = Field(default="", max_length=1000)


class RetryRequest(Request):
    """How a run that ended is tried again, and why."""

    reason: str = Field(default="", max_length=1000)
    from_start: bool = False
    """Begin anew although there are checkpoints. What the run has reported is then superseded."""


class RunSummary(Schema):
    """A row of the run table."""

    id: str
    kind: JobKind = "train"
    """`train`; the other kinds are jobs on checkpoints."""
    name: str
    project: str
    status: RunStatus
    status_reason: str
    """Why it is in this state, as a sentence."""
    phase: str
    """What the job does now: `setup`, `pretraining`, `evaluating`, `training`, `saving`, `sampling` or
    empty."""
    phase_message: str
    step: int
    max_steps: int
    algorithm: str
    alpha: float
    model: str
    data: str
    seed: int
    tags: list[str]
    priority: int
    created_by: str
    """Name of the token or user that launched it."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    last_event_at: datetime | None
    """When the backend last received something from the job."""
    eta_seconds: float | None
    """Estimate of the time left, from the step times that this attempt measured last."""
    last_reward: float | None
    last_pass_at_1: float | None
    alerts: list[str] = Field(default_factory=list)
    """Names of the rules whose alerts are active and not acknowledged."""
    worker: str | None
    """Name of the worker of the current attempt."""
    waits_for: str | None
    """Why no worker that is online can take it, while it is queued; null when one can."""
    parent_run_id: str | None
    experiment_id: str | None = None
    """Experiment it was launched with."""
    deleted_at: datetime | None
    actions: list[Action]
    """What a user may do to it now."""


class Attempt(Schema):
    """One try at a run."""

    id: str
    number: int
    status: Literal["active", "completed", "failed", "stopped", "paused", "lost", "requeued"]
    reason: str
    error_type: str
    worker: str
    host: str
    device: str
    claimed_at: datetime
    finished_at: datetime | None
    queue_seconds: float
    """How long the run waited in the queue for this attempt."""
    run_seconds: float
    """How long it has held its device."""
    start_step: int
    """Step of the checkpoint it went on from; 0 when it began anew."""
    provenance: dict[str, Any] | None
    """What it really ran (`ahora.events.ProvenanceEvent.values`), and `launched_by`."""


class CheckpointOrigin(Schema):
    """The checkpoint that a run began with. It may be gone since."""

    id: str
    run_id: str
    step: int


class StatusChange(Schema):
    """One entry of a run's timeline. An entry that leaves the state as it is tells of a change of the
    priority."""

    time: datetime
    from_status: RunStatus | None
    to_status: RunStatus
    actor: Actor
    actor_name: str
    reason: str
    attempt: int | None


class RunTiming(Schema):
    """Where a run's time went, over all of its attempts, at the time of the answer."""

    queue_seconds: float
    """Time in the queue."""
    run_seconds: float
    """Time in which an attempt held a device."""
    device_hours: dict[str, float]
    """Hours by kind of device (`cpu`: CPU slots, `cuda`: GPUs)."""


class Run(RunSummary):
    """A run in full."""

    config: dict[str, Any]
    """The resolved configuration, as it was validated when the run was created."""
    schema_version: int
    notes: str
    preset: str | None
    queue: str
    from_checkpoint: CheckpointOrigin | None
    """Where its weights come from; null for the model that is configured."""
    due_at: datetime | None
    """When it may be claimed, while it waits after a failure; null at once."""
    attempts: list[Attempt]
    timing: RunTiming
    version: int
    """Raised by every edit; also the ETag."""


class Validated(Schema):
    """A configuration that would be accepted."""

    config: dict[str, Any]
    """With every default filled in."""
    waits_for: str | None
    """Why no worker that is online now could run it; null when one could."""
    workers: list[str]
    """Names of the workers that are online and could."""


class Project(Schema):
    """A project and how many runs it has."""

    name: str
    runs: int
