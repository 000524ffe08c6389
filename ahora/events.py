"""What a job reports: one tagged union, one JSON object a line, versioned.

The trainer writes these lines to ``events.jsonl``; the supervisor adds its own, numbers all of them
within the attempt (`Numbered.seq`, from 1) and ships them; the backend stores each exactly once.
NaN and infinities travel as the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``.
"""

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ahora.results import JobResult
from ahora.status import RunStatus

EVENT_VERSION: Literal[1] = 1

WORKER_LOST = "worker_lost"
"""`StatusEvent.error_type` of a run that goes back to the queue because its worker died with it: the
backend counts such attempts, and fails the run beyond `resources.max_attempts`."""

STORE_UNAVAILABLE = "store_unavailable"
"""`StatusEvent.error_type` of an attempt whose checkpoint could not be read because the artifact store
did not answer."""

SIGNAL = "signal"
"""`StatusEvent.error_type` of an attempt whose trainer was killed, mostly for lack of memory."""

Step = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""Steps trained: fits the database's integers."""
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""A number of tokens or bytes: exact in every JSON reader."""


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings", protected_namespaces=())

    v: Literal[1] = EVENT_VERSION
    time: float = Field(default_factory=time.time, ge=0, lt=253_402_300_800, allow_inf_nan=False)
    """Seconds since the epoch on the machine that wrote it: shown, never compared between machines."""

    def line(self) -> str:
        """This event as one line of JSON, without the line break."""
        return self.model_dump_json()


class MetricsEvent(_Event):
    """Values of one step. Names are those of `ahora.metrics`."""

    type: Literal["metrics"] = "metrics"
    step: Step
    """Steps trained so far: 0 is before training, 1 after the first step."""
    elapsed: float = Field(ge=0, allow_inf_nan=False)
    """Seconds spent in training steps so far, over all attempts this one continues: without set-up,
    evaluation and saving."""
    tokens: Count
    """Prompt and completion tokens processed in training so far (TRL's `num_tokens`)."""
    values: dict[Annotated[str, Field(max_length=200)], float] = Field(max_length=1000)


class SystemEvent(_Event):
    """What trainer, machine and device use at one moment. Written by the supervisor."""

    type: Literal["system"] = "system"
    elapsed: float = Field(ge=0, lt=2**31, allow_inf_nan=False)
    """Seconds since the trainer of this attempt was started."""
    values: dict[Annotated[str, Field(max_length=200, pattern=r"^system/")], float] = Field(
        max_length=100
    )
    """Names are those of `ahora.metrics` that begin with `system/`."""


class Completion(BaseModel):
    """One sampled completion, token by token. All lists have one entry per completion token."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    text: str
    """As the rewards saw it: without special tokens."""
    tokens: list[str]
    """Text of each token as it stands in the completion; joined they give `text`, but for special
    tokens, which stand here by their name, and bytes that are no text by themselves."""
    token_ids: list[int]
    entropy: list[float]
    """Entropy of the policy at this position, in nats, at the sampling temperature."""
    weight: list[float]
    """Horizon weight w in [0, 1] of this token's policy gradient."""
    logprob: list[float]
    """Log-probability of the sampled token, in nats, at the sampling temperature."""
    reward: float | None
    """Weighted sum of the rewards; None when unscored."""
    rewards: dict[str, float | None]
    """Each reward function's own score, unweighted; None when it raised or hung."""
    advantage: float
    truncated: bool
    """Whether it reached `max_completion_length` without an end token."""
    correct: bool
    """Whether the first reward function's score reached the evaluation's threshold."""


class RolloutGroup(BaseModel):
    """A prompt and its completions at one step."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    step: Step
    index: Step
    """Position of the group in its batch."""
    prompt_id: str
    """Stable id of the problem, so that one prompt can be followed through training."""
    prompt: str
    """The rendered prompt, as the model reads it."""
    answer: str
    """The reference answer."""
    completions: list[Completion]
    reward_mean: float | None
    reward_std: float | None
    has_signal: bool
    """Whether the rewards differ, so that the group has a gradient."""


class RolloutEvent(_Event):
    """One group of a step's rollouts."""

    type: Literal["rollout"] = "rollout"
    group: RolloutGroup


class LogEvent(_Event):
    """A line for people."""

    type: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"] = "info"
    source: Literal["trainer", "stdout", "stderr", "supervisor"] = "trainer"
    message: str = Field(max_length=20_000)


class CheckpointFile(BaseModel):
    """A file of a checkpoint."""

    model_config = ConfigDict(extra="forbid")

    path: str
    """Path inside the checkpoint, with forward slashes."""
    size: Count
    """Bytes."""
    sha256: str


class CheckpointEvent(_Event):
    """A checkpoint is whole. It exists for the product only once this event is accepted."""

    type: Literal["checkpoint"] = "checkpoint"
    step: Step
    kind: Literal["model", "adapter"]
    path: str
    """Written by the trainer: folder relative to its output folder (`checkpoints/step-000050`).
    Rewritten by the supervisor: path inside the artifact store."""
    files: list[CheckpointFile]
    metrics: dict[str, float] = Field(default_factory=dict)
    """The newest evaluation at the time of saving."""
    best: bool = False
    """Whether its own evaluation has the highest `eval/pass@1` of the run so far."""


class CheckpointRemovedEvent(_Event):
    """The trainer deleted a checkpoint (`save_total_limit`)."""

    type: Literal["checkpoint_removed"] = "checkpoint_removed"
    step: Step


class ResumedEvent(_Event):
    """Where an attempt that was given checkpoints goes on; comes before it is running.

    What the run reported of later steps before this is superseded.
    """

    type: Literal["resumed"] = "resumed"
    step: Step
    """Steps trained before; 0 when no checkpoint could be used and training starts afresh."""
    path: str = ""
    """Folder of the checkpoint, as the trainer was given it; empty at step 0."""
    reason: str = Field(default="", max_length=4000)
    """A sentence for people: which checkpoints were passed over, and why."""


class ProgressEvent(_Event):
    """What the job is doing now, for the header of the run page."""

    type: Literal["progress"] = "progress"
    phase: Literal["setup", "pretraining", "evaluating", "training", "saving", "sampling"]
    message: str = ""
    step: Count = 0
    total: Count = 0
    """Steps of this phase; for `training` it is `max_steps`."""


class ProvenanceEvent(_Event):
    """What this attempt really ran: versions, weights, data, prompts, host."""

    type: Literal["provenance"] = "provenance"
    values: dict[str, Any]
    """Keys: `ahora_version`, `git_commit`, `packages` {name: version}, `python`, `model` {name,
    revision, weights_sha256, license, parameters, trainable_parameters, vocab_size}, `data` {kind,
    split sizes, `train_sha256`, `eval_sha256`}, `prompt_template`, `prompts` [three rendered prompts],
    `seed`, `num_threads`, `device`, `device_name`, `host`, `dtype`."""


class StatusEvent(_Event):
    """The job itself changes state. The last event of an attempt has a final status."""

    type: Literal["status"] = "status"
    status: Literal[
        RunStatus.RUNNING,
        RunStatus.COMPLETED,
        RunStatus.FAILED,
        RunStatus.STOPPED,
        RunStatus.PAUSED,
        RunStatus.QUEUED,
    ]
    reason: str = Field(default="", max_length=4000)
    """A sentence a person understands, with the remedy where there is one."""
    error_type: str = ""
    """Short machine-readable cause of a failure: `model_not_found`, `dataset_not_found`,
    `out_of_memory`, `nan_loss`, `rewards_unscored`, `signal`, `internal` ..."""


class ResultEvent(_Event):
    """What a job on a checkpoint found out; written once, before its final status."""

    type: Literal["result"] = "result"
    result: JobResult


Event = Annotated[
    MetricsEvent
    | SystemEvent
    | RolloutEvent
    | LogEvent
    | CheckpointEvent
    | CheckpointRemovedEvent
    | ResumedEvent
    | ProgressEvent
    | ProvenanceEvent
    | ResultEvent
    | StatusEvent,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one event: ``EVENT.validate_json(line)``."""


class Numbered(BaseModel):
    """An event with its number within the attempt."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    seq: int = Field(ge=1)
    event: Event
