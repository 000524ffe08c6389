"""Workers, and what they say to the backend. Every write carries the attempt's token."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ahora.config import JobKind
from ahora.events import CheckpointFile, Count, Numbered, Step
from ahora.schemas.base import Request, Schema


class Device(Schema):
    """A device a slot runs on."""

    kind: Literal["cpu", "cuda"]
    index: int
    name: str
    memory_gb: float = Field(ge=0, allow_inf_nan=False)
    """Of the device; for a CPU slot the machine's."""


class WorkerRegister(Request):
    """A worker process that starts. Repeating it is harmless."""

    worker_id: str = Field(min_length=8, max_length=64)
    """Drawn at random by the worker at each start."""
    name: str = Field(min_length=1, max_length=200)
    host: str = Field(max_length=255)
    pid: int = Field(ge=0, le=2**31 - 1)
    queues: list[Literal["cpu", "gpu"]] = Field(min_length=1)
    slots: int = Field(ge=1, le=256)
    devices: list[Device]
    labels: list[str] = Field(default_factory=list)
    versions: dict[str, str] = Field(default_factory=dict)
    """Such as `{"ahora": "0.1.0", "python": "3.11.7", "torch": "2.13.0+cpu"}`."""
    store: str = Field(max_length=1000)
    """Identity of the artifact store it reaches."""


class Registered(Schema):
    """The answer to a registration."""

    worker_id: str
    lease_seconds: float
    heartbeat_seconds: float


Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""Percent."""
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class DeviceUse(Schema):
    """How busy a GPU is; null what its driver does not tell."""

    slot: int = Field(ge=0)
    """Slot of the worker that runs on it."""
    utilization: Share | None = None
    """Percent of the time in which something ran on it."""
    memory_gb: Amount | None = None
    """Memory in use, by whomever."""
    power_watts: Amount | None = None
    temperature_c: float | None = Field(default=None, allow_inf_nan=False)
    trouble: str | None = Field(default=None, max_length=2000)
    """Why its slot takes no runs, as a sentence; null while it does."""


class WorkerUse(Schema):
    """How busy a worker's machine is."""

    cpu: Share
    """Percent of all cores."""
    memory_gb: Amount
    """Memory in use, by whomever."""
    memory_total_gb: Amount
    devices: list[DeviceUse] = Field(default_factory=list, max_length=256)
    """Its GPUs; CPU slots share the machine's cores."""


class WorkerHeartbeat(Schema):
    """A worker is there."""

    counter: Count
    busy_slots: int = Field(ge=0, le=256)
    use: WorkerUse | None = None


class WorkerOrders(Schema):
    """What the backend wants of a worker."""

    drain: bool = False
    """Take no more runs, and go on with those it has."""


class RunningOn(Schema):
    """A run a worker has now."""

    run_id: str
    name: str
    attempt: int
    status: str


class Worker(Schema):
    """A worker as the dashboard shows it."""

    id: str
    name: str
    host: str
    pid: int
    status: Literal["online", "offline"]
    queues: list[str]
    slots: int
    devices: list[Device]
    labels: list[str]
    versions: dict[str, str]
    started_at: datetime
    last_seen_at: datetime
    running: list[RunningOn]
    draining: bool
    """Whether it takes no more runs; it is drained when it runs none."""
    drained_by: str
    drain_reason: str
    use: WorkerUse | None
    """How busy its machine is, as it last said; null of one that is offline."""


class DrainRequest(Request):
    """A worker shall take no more runs."""

    reason: str = Field(default="", max_length=1000)
    """Shown beside it."""
    runs: Literal["finish", "pause"] = "finish"
    """What becomes of the runs it has: they are finished, or paused with a checkpoint, to be resumed
    anywhere. Jobs on checkpoints are always finished."""


class QueueState(Schema):
    """One queue."""

    name: str
    queued: int
    active: int
    slots: int
    idle_slots: int


class ClaimRequest(Request):
    """A slot asks for work."""

    claim_id: str = Field(min_length=8, max_length=64)
    """Drawn at random; repeating a claim with the same id gets the same answer."""
    worker_id: str
    queue: Literal["cpu", "gpu"]
    slot: int = Field(ge=0)


class StoredCheckpoint(Schema):
    """A checkpoint that a job starts from, and where its files lie."""

    id: str
    run_id: str
    """Run that saved it."""
    step: Step
    kind: Literal["model", "adapter"]
    path: str
    """Folder inside the artifact store."""
    files: list[CheckpointFile]
    store: str = ""
    """Identity of that store (`WorkerRegister.store`); empty when it is not known."""


class Job(Schema):
    """What a slot got."""

    run_id: str
    run_name: str
    attempt_id: str
    attempt: int
    attempt_token: str
    """Sent as `Authorization: Bearer` on everything about this attempt."""
    kind: JobKind = "train"
    spec: dict[str, Any] | None = None
    """Of a job on a checkpoint: what is to be done (`ahora.config.JobSpec`)."""
    facts: dict[str, Any] | None = None
    """Of an export: what the model card tells of the run (`ahora.facts.RunFacts`)."""
    config: dict[str, Any]
    resume_from: list[StoredCheckpoint] = Field(default_factory=list)
    """Checkpoints of this run to go on from, newest first: the first sound one is used."""
    from_checkpoint: StoredCheckpoint | None = None
    """Checkpoint (mostly of another run) whose weights a job begins with that has none of its own; if it
    is of another kind than `train`, the checkpoint it works on."""


class Claim(Schema):
    """The answer to a claim; no job means there is nothing that fits."""

    job: Job | None = None


MAX_BATCH_BYTES = 32 * 2**20
"""Largest body of events that is read, after decompression (`Content-Encoding: gzip` is welcome): the
shipper splits its batches to stay below."""


class EventBatch(Schema):
    """Events of an attempt, numbered without gaps."""

    events: list[Numbered] = Field(min_length=1, max_length=1000)


class AttemptHeartbeat(Schema):
    """The supervisor of an attempt is there."""

    counter: Count


class AttemptOrders(Schema):
    """What the backend wants of an attempt: the answer to each heartbeat and each batch."""

    desired: Literal["continue", "pause", "stop"]
    reason: str = ""
    last_seq: int
    """Number of the newest event that is stored."""
