"""Readable names for runs that were given none."""

from ahora.config import RunConfig

_ALGORITHMS = {"grpo": "GRPO", "ah_grpo": "AH-GRPO", "sa_ah_grpo": "SA-AH-GRPO"}


def automatic_name(config: RunConfig) -> str:
    """Such as `SA-AH-GRPO alpha 2, tiny, seed 0`."""
    algorithm = _ALGORITHMS[config.algorithm.name]
    if config.algorithm.alpha:
        algorithm += f" alpha {config.algorithm.alpha:g}"
    model = config.model.model_name_or_path.removeprefix("local:").rpartition("/")[2]
    return f"{algorithm}, {model}, seed {config.seed}"[:200]
