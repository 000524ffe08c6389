"""Jobs on checkpoints: evaluate, export, sample. Each is a run of that kind, hidden from the run table."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ahora.config import EvaluateSpec, ExportSpec, JobSpec, SampleSpec
from ahora.results import JobResult
from ahora.schemas.base import Request, Schema
from ahora.schemas.monitoring import Checkpoint
from ahora.status import RunStatus


class JobCreate(Request):
    """Something to be done with a checkpoint."""

    spec: JobSpec
    """Its `kind` says what: `evaluate`, `export` or `sample`."""
    priority: int = Field(default=10, ge=-100, le=100)
    """Higher is claimed first. The default goes before training runs that wait: a person waits for it."""


class JobSummary(Schema):
    """A job on a checkpoint and where it stands. Its id is a run's: stop, retry, delete, logs, timeline
    and the live stream are those of runs."""

    id: str
    kind: Literal["evaluate", "export", "sample"]
    run_id: str
    """Run the checkpoint belongs to."""
    checkpoint_id: str
    step: int
    """Step of the checkpoint."""
    spec: EvaluateSpec | ExportSpec | SampleSpec = Field(discriminator="kind")
    status: RunStatus
    status_reason: str
    waits_for: str | None
    """Why no worker that is online can take it, while it is queued; null when one can."""
    phase: str
    phase_message: str
    worker: str | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    metrics: dict[str, float]
    """Of an evaluation: its `eval/...` metrics."""
    files: Checkpoint | None
    """Of an export: the files, to be downloaded as those of a checkpoint of this job's own run."""
    actions: list[Literal["stop", "retry", "delete"]]
    """What a user may do to it now."""


class CheckpointJob(JobSummary):
    """A job with everything it found out."""

    result: JobResult | None
    """Null until there is one."""
