"""Entropy collapse: mean token entropy below a share of its early value for several steps in a row.

This project's definition [ours], with the defaults of `ahora.config.AnalysisConfig`.
"""

from ahora.config import AnalysisConfig
from worker.trainer.state import Collapse

BASELINE_STEPS = 5
"""The early value is the mean over so many first steps."""


class CollapseDetector:
    """Fed one step's mean entropy at a time; what it remembers is in `memory`."""

    def __init__(self, config: AnalysisConfig, memory: Collapse) -> None:
        self._config = config
        self._memory = memory

    @property
    def began(self) -> bool:
        """Whether the last step was the one that made it a collapse."""
        return self._memory.below == self._config.patience

    def update(self, entropy: float) -> bool:
        """Whether entropy has now been below the threshold for `patience` steps in a row."""
        memory = self._memory
        if len(memory.first) < BASELINE_STEPS:
            memory.first.append(entropy)
            return False
        baseline = sum(memory.first) / BASELINE_STEPS
        low = entropy < self._config.entropy_threshold * baseline
        memory.below = memory.below + 1 if low else 0
        return memory.below >= self._config.patience
