"""What is scored, and what comes out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time it would load transformers into the scoring process
    from worker.trainer.data.problem import Problem


@dataclass(frozen=True)
class Completed:
    """A finished completion of a problem."""

    problem: "Problem"
    text: str
    """Without the end token."""
    num_tokens: int
    """With the end token."""
    truncated: bool
    """Whether it was cut at `max_completion_length`."""


@dataclass(frozen=True)
class Scored:
    """The scores of one completion."""

    total: float | None
    """Weighted sum; None when any function left it unscored."""
    scores: dict[str, float | None]
    """Each function's own score, unweighted, by label in the order of the configuration; None when it
    raised, hung or gave no finite number."""
