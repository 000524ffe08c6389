"""Entropy collapse: mean token entropy below a share of its early value for several steps in a row.

This project's definition [ours], with the defaults of `ahora.config.AnalysisConfig`.
"""

from ahora.config import AnalysisConfig

BASELINE_STEPS = 5
"""The early value is the mean over so many first steps."""


class CollapseDetector:
    """Fed one step's mean entropy at a time."""

    def __init__(self, config: AnalysisConfig) -> None:
        self._config = config
        self._first: list[float] = []
        self._below = 0

    @property
    def began(self) -> bool:
        """Whether the last step was the one that made it a collapse."""
        return self._below == self._config.patience

    def update(self, entropy: float) -> bool:
        """Whether entropy has now been below the threshold for `patience` steps in a row."""
        if len(self._first) < BASELINE_STEPS:
            self._first.append(entropy)
            return False
        baseline = sum(self._first) / BASELINE_STEPS
        self._below = self._below + 1 if entropy < self._config.entropy_threshold * baseline else 0
        return self._below >= self._config.patience
