"""What a run carries from step to step besides weights and optimiser."""

from dataclasses import dataclass, field


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
