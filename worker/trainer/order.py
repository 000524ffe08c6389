"""Which problems a step trains on, and the seed of each random draw.

Both follow from the run's seed and the step alone, not from what came before, so that evaluating more
often or starting again from a checkpoint changes neither.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import torch

from worker.trainer.data import Problem


def derived_seed(seed: int, purpose: str, step: int) -> int:
    """A seed of 63 bits for one draw."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{step}".encode()).digest()
    return int.from_bytes(digest[:8]) >> 1


class Order:
    """All training problems in a new order each epoch, a batch a step.

    A batch that spans two epochs may hold a problem twice.
    """

    def __init__(self, problems: Sequence[Problem], per_batch: int, seed: int) -> None:
        self._problems = problems
        self._per_batch = per_batch
        self._permutation = lru_cache(maxsize=2)(
            lambda epoch: torch.randperm(
                len(problems),
                generator=torch.Generator().manual_seed(derived_seed(seed, "order", epoch)),
            )
        )

    def batch(self, step: int) -> list[Problem]:
        """The problems of `step`, counted from 1."""
        first = (step - 1) * self._per_batch
        return [self._at(place) for place in range(first, first + self._per_batch)]

    def _at(self, place: int) -> Problem:
        epoch, position = divmod(place, len(self._problems))
        return self._problems[int(self._permutation(epoch)[position])]
