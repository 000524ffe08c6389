"""How a completion is scored. The total is the weighted sum of the functions' scores."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from ahora.config.base import Fraction, PositiveInt, Section, hint, misfit


class _Reward(Section):
    name: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] = None
    """Name under which it is logged, as `rewards/NAME/mean`. Empty takes the kind."""
    weight: Annotated[float, Field(ge=-1000.0, le=1000.0)] = 1.0
    """Factor of this score in the total reward (one entry of TRL's `reward_weights`)."""

    @property
    def label(self) -> str:
        """The name the score is logged under."""
        return self.name or str(self.kind)  # type: ignore[attr-defined]


class ExactNumberReward(_Reward):
    """1 when the last number of the completion equals the reference answer's, else 0."""

    kind: Literal["exact_number"] = "exact_number"


class ExactTextReward(_Reward):
    """1 when the text after the last marker is the reference answer and the completion ended by
    itself, else 0."""

    kind: Literal["exact_text"] = "exact_text"
    marker: Annotated[str, Field(max_length=100)] = ">"
    """The answer is what follows the last occurrence of this text. Empty compares the whole
    completion."""


class MathVerifyReward(_Reward):
    """1 when math-verify finds the completion's final expression equivalent to the reference."""

    kind: Literal["math_verify"] = "math_verify"


class RegexReward(_Reward):
    """1 when the completion matches a regular expression, else 0: rewards a format."""

    kind: Literal["regex"] = "regex"
    pattern: Annotated[str, Field(min_length=1, max_length=2000)] = r"####\s*-?\d+"
    """Python regular expression; `.` also matches line breaks."""
    match: Literal["search", "fullmatch"] = "search"
    """`search` looks anywhere in the completion; `fullmatch` needs all of it to match."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value, re.DOTALL)
        except re.error as error:
            raise ValueError(f"is not a valid regular expression: {error}") from error
        return value


class LengthPenaltyReward(_Reward):
    """0 up to `soft_limit` tokens, then linearly down to -1 at `hard_limit` and beyond (the soft
    overlong punishment of DAPO, arXiv 2503.14476, eq. 13)."""

    kind: Literal["length_penalty"] = "length_penalty"
    soft_limit: Annotated[int, Field(ge=0, le=131_072), hint(unit="tokens")] = 128
    """Completion length up to which nothing is taken off."""
    hard_limit: Annotated[PositiveInt, Field(le=131_072), hint(unit="tokens")] = 256
    """Completion length at which the penalty reaches -1."""

    @model_validator(mode="after")
    def _ordered(self) -> "LengthPenaltyReward":
        if self.hard_limit <= self.soft_limit:
            raise misfit(
                "hard_limit",
                f"hard_limit ({self.hard_limit}) must be above soft_limit ({self.soft_limit})",
            )
        return self


class TaskReward(_Reward):
    """The verifier of a reasoning-gym task: a score from 0 to 1 for what stands between the last
    `<answer>` and `</answer>`, or for the whole completion. Needs `data.kind: reasoning_gym`."""

    kind: Literal["task"] = "task"


class PythonReward(_Reward):
    """A Python function that the worker's owner allowed by name (AHORA_REWARD_FUNCTIONS)."""

    kind: Literal["python"] = "python"
    function: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    """Name the function was given in the worker's configuration, such as `my_score`. The import path
    behind the name is set on the worker, never in a run."""

    @property
    def label(self) -> str:
        """The name the score is logged under."""
        return self.name or self.function


RewardConfig = Annotated[
    ExactNumberReward
    | ExactTextReward
    | MathVerifyReward
    | RegexReward
    | LengthPenaltyReward
    | TaskReward
    | PythonReward,
    Field(discriminator="kind"),
]


class RewardsConfig(Section):
    """The reward functions and what happens when one of them fails."""

    functions: Annotated[list[RewardConfig], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: list[RewardConfig]([ExactTextReward()])
    )
    """Scores that are weighted and summed; each is also logged on its own."""
    timeout: Annotated[float, Field(gt=0.0, le=600.0), hint(unit="s", advanced=True)] = 5.0
    """Longest time one score may take. A score that hangs or raises leaves its completion unscored:
    out of the group's statistics and gradient, and counted in `rewards/unscored_frac`."""
    max_unscored_frac: Annotated[Fraction, hint(advanced=True)] = 0.5
    """The run fails when a larger share of a step's completions stays unscored."""

    @model_validator(mode="after")
    def _distinct(self) -> "RewardsConfig":
        labels = [function.label for function in self.functions]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            again = len(labels) - 1 - labels[::-1].index(twice[0])
            raise misfit(
                f"functions.{again}.name",
                f"two reward functions are logged as {', '.join(map(repr, twice))}: give each a "
                "distinct name",
            )
        return self
