"""Readable names of algorithms and configurations."""

from ahora.config import RunConfig

_ALGORITHMS = {"grpo": "GRPO", "ah_grpo": "AH-GRPO", "sa_ah_grpo": "SA-AH-GRPO"}


def algorithm_name(name: str, alpha: float) -> str:
    """Such as `SA-AH-GRPO alpha 2`; GRPO has no alpha."""
    words = _ALGORITHMS.get(name, name)
    return f"{words} alpha {alpha:g}" if alpha else words


def automatic_name(config: RunConfig) -> str:
    """Such as `SA-AH-GRPO alpha 2, tiny, seed 0`."""
    algorithm = algorithm_name(config.algorithm.name, config.algorithm.alpha or 0.0)
    model = config.model.model_name_or_path.removeprefix("local:").rpartition("/")[2]
    return f"{algorithm}, {model}, seed {config.seed}"[:200]
