"""What is compared: each case is one configuration that both sides have, under the same name."""

from dataclasses import dataclass
from typing import Literal

LossType = Literal["grpo", "dapo", "dr_grpo"]
LOSS_TYPES: tuple[LossType, ...] = ("grpo", "dapo", "dr_grpo")

PROMPTS, GENERATIONS, LONGEST = 4, 4, 24
"""Groups of the batch, completions of each, tokens of the longest completion."""

LEARNING_RATES = {"grpo": 0.05, "dapo": 0.1, "dr_grpo": 0.2}
"""Of plain gradient descent, such that a step clips a third of the tokens; the losses differ in scale."""

REWARDS = (1.0, 0.0, 0.5, 0.0, 0.25, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.0, 1.0)
"""One group of the four has no signal."""


UNSCORED = (1.0, None, 0.5, 0.0, *REWARDS[4:])
"""One completion could not be scored."""


@dataclass(frozen=True)
class Case:
    """One training step: `num_iterations` passes over the batch of `steps_per_generation` updates each.

    From the second update on the policy is not the one that sampled: ratios differ from 1 and clip.
    """

    name: str
    loss_type: LossType
    scale_rewards: Literal["group", "batch", "none"] = "group"
    epsilon: float = 0.2
    epsilon_high: float | None = None
    beta: float = 0.0
    temperature: float = 1.0
    mask_truncated_completions: bool = False
    use_peft: bool = False
    entropy_coef: float = 0.0
    accumulation: int = 1
    """TRL's `gradient_accumulation_steps`; above 1 ours cuts an update elsewhere, into threes."""
    steps_per_generation: int = 1
    """Updates made in one pass over the batch."""
    num_iterations: int = 2
    pace: float = 1.0
    """The learning rate as a share of the loss type's `LEARNING_RATES`."""
    rewards: tuple[float | None, ...] = REWARDS
    clips: bool = True
    """Whether some update must have clipped tokens, else none may."""

    @property
    def learning_rate(self) -> float:
        """Of every update."""
        return self.pace * LEARNING_RATES[self.loss_type]


def cases() -> list[Case]:
    """Every case, in the order of the table."""
    found: list[Case] = []
    for loss_type in LOSS_TYPES:
        found += [
            Case(f"{loss_type}, scaled by group", loss_type),
            Case(f"{loss_type}, scaled by batch", loss_type, scale_rewards="batch"),
            Case(f"{loss_type}, unscaled", loss_type, scale_rewards="none"),
            Case(f"{loss_type}, clip-higher", loss_type, epsilon=0.1, epsilon_high=0.28),
            Case(
                f"{loss_type}, off-policy, no clipping",
                loss_type,
                epsilon=0.99,
                epsilon_high=9.0,
                pace=0.2,
                clips=False,
            ),
            Case(f"{loss_type}, KL", loss_type, beta=0.3),
            Case(
                f"{loss_type}, KL, clip-higher, unscaled",
                loss_type,
                scale_rewards="none",
                epsilon=0.1,
                epsilon_high=0.28,
                beta=0.3,
            ),
            Case(f"{loss_type}, KL, 4 micro-batches", loss_type, beta=0.3, accumulation=4),
            Case(f"{loss_type}, truncated masked", loss_type, mask_truncated_completions=True),
            Case(f"{loss_type}, 2 passes of 2 updates", loss_type, steps_per_generation=2),
            Case(
                f"{loss_type}, 4 updates, KL, truncated masked",
                loss_type,
                steps_per_generation=4,
                num_iterations=1,
                pace=0.5,
                beta=0.3,
                mask_truncated_completions=True,
            ),
        ]
    return [
        *found,
        Case("dapo, 3 passes of 4 micro-batches", "dapo", accumulation=4, num_iterations=3),
        Case(
            "dapo, 2 updates of 2 micro-batches, KL",
            "dapo",
            steps_per_generation=2,
            num_iterations=1,
            accumulation=2,
            beta=0.3,
        ),
        Case("dapo, entropy bonus", "dapo", entropy_coef=0.1),
        Case("grpo, entropy bonus, 2 updates", "grpo", entropy_coef=0.1, steps_per_generation=2),
        Case("dapo, temperature 0.7", "dapo", temperature=0.7),
        Case("dapo, one unscored", "dapo", rewards=UNSCORED),
        Case("dapo, LoRA", "dapo", use_peft=True, pace=5.0),
        Case("dapo, LoRA, KL", "dapo", use_peft=True, pace=5.0, beta=0.3),
    ]
