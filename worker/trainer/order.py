"""Which problems a step trains on, and the seed of each random draw.

The order follows from the run's seed, draws from the seed and the step, neither from anything else that
happened, so that evaluating more often changes nothing and a place in the order is all that is kept.
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
    """All training problems in a new order each epoch.

    What spans two epochs may hold a problem twice.
    """

    def __init__(self, problems: Sequence[Problem], seed: int) -> None:
        self._problems = problems
        self._permutation = lru_cache(maxsize=2)(
            lambda epoch: torch.randperm(
                len(problems),
                generator=torch.Generator().manual_seed(derived_seed(seed, "order", epoch)),
            )
        )

    def take(self, position: int, count: int) -> list[Problem]:
        """`count` problems from place `position` (from 0) on."""
        return [self._at(place) for place in range(position, position + count)]

    def _at(self, place: int) -> Problem:
        epoch, position = divmod(place, len(self._problems))
        return self._problems[int(self._permutation(epoch)[position])]
