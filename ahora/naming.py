"""Readable names of algorithms and configurations."""

from ahora.config import RunConfig

OF_EXPERIMENT = " \N{MIDDLE DOT} "
"""Stands in a run's name before that of its experiment."""

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


def name_in_experiment(label: str, seed: int, experiment: str) -> str:
    """Such as `GRPO, seed 0 · three algorithms`: what tells the runs apart comes first, where a narrow
    column still shows it."""
    return f"{label}, seed {seed}{OF_EXPERIMENT}{experiment}"[:200]
