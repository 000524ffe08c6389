"""Sampled groups: their steps, one prompt over steps, and distributions over steps."""

from ahora.events import RolloutGroup
from ahora.schemas.base import Schema


class RolloutStep(Schema):
    """The rollouts sampled at one step."""

    step: int
    groups: int
    reward_mean: float | None
    completions: int
    with_signal: int
    """Groups whose rewards differ."""


class RolloutGroups(Schema):
    """The groups of one step."""

    run_id: str
    step: int
    groups: list[RolloutGroup]


class Bin(Schema):
    """A part of a quantity's range; `low` equals `high` where it is one value."""

    low: float
    high: float


class Spread(Schema):
    """How values lie."""

    min: float
    q1: float
    median: float
    q3: float
    max: float
    mean: float


class RolloutColumn(Schema):
    """The completions of one sampled step, or of neighbouring ones."""

    first_step: int
    last_step: int
    completions: int
    correct: int
    truncated: int
    reward: Spread | None
    """Null when none was scored."""
    length: Spread | None
    rewards: list[int]
    """Completions in each bin of `RolloutDistributions.reward_bins`."""
    lengths: list[int]
    """Completions in each bin of `RolloutDistributions.length_bins`."""


class RolloutDistributions(Schema):
    """Rewards and lengths of the completions over a run's steps."""

    run_id: str
    reward_bins: list[Bin]
    length_bins: list[Bin]
    """In tokens."""
    columns: list[RolloutColumn]
    """In the order of steps."""


class PromptSummary(Schema):
    """A prompt that a run has sampled."""

    prompt_id: str
    steps: int
    """At how many steps its groups are stored."""
    first_step: int
    last_step: int
    first_reward: float | None
    """Mean reward of its group then."""
    last_reward: float | None


class PromptAppearance(Schema):
    """A group of one prompt."""

    step: int
    index: int
    """Position of the group in its batch."""
    completions: int
    correct: int
    truncated: int
    reward_mean: float | None
    mean_length: float
    """In tokens."""
    has_signal: bool


class PromptHistory(Schema):
    """One prompt through a run's training."""

    run_id: str
    prompt_id: str
    appearances: list[PromptAppearance]
    """In the order of steps."""
