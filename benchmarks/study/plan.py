"""Which runs the study is made of: three algorithms, two learning rates, several seeds."""

from dataclasses import dataclass

from ahora.config import RunConfig
from ahora.presets import load_preset

ALPHA = 2.0
"""The paper ran 0.5 on a language model. `tiny` has 18 tokens, so the same entropy is a larger share of
ln V; alpha 2 leaves a little over half of a negative rollout (`horizon/effective_fraction`), 0.5 leaves
five sixths, too close to GRPO to tell."""

BASELINE = "GRPO"
ARMS = {
    BASELINE: {"name": "grpo"},
    "AH-GRPO": {"name": "ah_grpo", "alpha": ALPHA},
    "SA-AH-GRPO": {"name": "sa_ah_grpo", "alpha": ALPHA},
}

RATES = {1e-4: "chosen because GRPO is stable there", 5e-4: "chosen because GRPO is not"}
"""Learning rates: at the first GRPO gains steadily, at the second it loses what it has gained."""


@dataclass(frozen=True)
class Trial:
    """One run of the study."""

    rate: float
    arm: str
    seed: int
    steps: int

    @property
    def folder(self) -> str:
        """Where it lies, relative to the study's folder."""
        return f"lr-{self.rate:g}/{ARMS[self.arm]['name']}/seed-{self.seed}"

    def config(self) -> RunConfig:
        """The demo's recipe with this algorithm, rate and seed."""
        base = load_preset("demo-grpo").config.resolved()
        return RunConfig.model_validate(
            base
            | {
                "algorithm": {"loss_type": base["algorithm"]["loss_type"], **ARMS[self.arm]},
                "optimizer": base["optimizer"] | {"learning_rate": self.rate},
                "evaluation": base["evaluation"] | {"eval_steps": 10, "num_examples": 256},
                "checkpoints": base["checkpoints"] | {"save_steps": 0},
                "logging": base["logging"] | {"rollout_steps": 0},
                "resources": base["resources"] | {"num_threads": 1},
                "max_steps": self.steps,
                "seed": self.seed,
            }
        )


def trials(seeds: int, steps: int) -> list[Trial]:
    """All runs; those of one seed together, so that what is finished can always be compared."""
    return [
        Trial(rate, arm, seed, steps) for seed in range(seeds) for rate in RATES for arm in ARMS
    ]
