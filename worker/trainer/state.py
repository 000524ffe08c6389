"""What a run carries from step to step besides weights and optimiser; saved with every checkpoint.

A field that is added needs a default, so that older checkpoints can be read.
"""

from dataclasses import dataclass, field


@dataclass
class Collapse:
    """What the detector of entropy collapse remembers."""

    first: list[float] = field(default_factory=list)
    """Mean entropies of the first steps."""
    below: int = 0
    """Steps in a row below the threshold."""


@dataclass
class TrainingState:
    """As the last finished step left it."""

    step: int = 0
    """Finished steps."""
    elapsed: float = 0.0
    """Seconds spent in them."""
    tokens: int = 0
    """Prompt and completion tokens sampled, as TRL counts `num_tokens`."""
    position: int = 0
    """Training problems drawn so far: where the next step goes on in the order."""
    evaluated: dict[str, float] = field(default_factory=dict)
    """The newest evaluation."""
    evaluated_step: int | None = None
    """The step it was made after."""
    best: float | None = None
    """The highest `eval/pass@1` after any step; the first of equal ones counts."""
    best_step: int | None = None
    skipped_in_a_row: int = 0
    """Steps up to this one whose updates were all left out."""
    smaller_lots: dict[str, int] = field(default_factory=dict)
    """Sizes that had to be halved for lack of memory (`worker.trainer.memory.Lots`)."""
    collapse: Collapse = field(default_factory=Collapse)

    def note_evaluation(self, values: dict[str, float]) -> None:
        """Take note of an evaluation after the last step."""
        self.evaluated, self.evaluated_step = values, self.step
        score = values["eval/pass@1"]
        if self.step and (self.best is None or score > self.best):
            self.best, self.best_step = score, self.step
