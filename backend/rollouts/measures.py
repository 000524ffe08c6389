"""What is known of a group's completions without opening its blob, and its distribution over steps."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ahora.events import Completion
from ahora.schemas.rollouts import Bin, RolloutColumn, Spread

MEASURE = np.dtype([("reward", "<f8"), ("length", "<i4"), ("flags", "<i4")])
"""One completion: reward (NaN when unscored), tokens, and what holds of it."""

CORRECT, TRUNCATED = 1, 2

Measures: TypeAlias = npt.NDArray[np.void]
"""A one-dimensional array of `MEASURE` records."""

MOST_VALUES = 12
"""Up to so many different values are counted each; more are counted in bins."""
BINS = 16


def measure(completions: Iterable[Completion]) -> bytes:
    """The records of a group's completions, packed."""
    rows = [
        (
            np.nan if one.reward is None else one.reward,
            len(one.tokens),
            CORRECT * one.correct + TRUNCATED * one.truncated,
        )
        for one in completions
    ]
    return np.array(rows, dtype=MEASURE).tobytes()


def unpack(chunks: Iterable[bytes]) -> Measures:
    """The records of packed chunks, one after the other."""
    return np.frombuffer(b"".join(chunks), dtype=MEASURE)


def correct(measures: Measures) -> int:
    """How many are correct."""
    return int((measures["flags"] & CORRECT > 0).sum())


def truncated(measures: Measures) -> int:
    """How many were cut."""
    return int((measures["flags"] & TRUNCATED > 0).sum())


def bins_of(values: npt.NDArray[np.float64]) -> list[Bin]:
    """Bins that hold all finite `values`: one a value where they are few, else of equal width."""
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return []
    different = np.unique(values)
    if len(different) <= MOST_VALUES:
        return [Bin(low=value, high=value) for value in different.tolist()]
    edges = np.linspace(different[0], different[-1], BINS + 1).tolist()
    return [Bin(low=low, high=high) for low, high in pairwise(edges)]


def count(values: npt.NDArray[np.float64], bins: Sequence[Bin]) -> list[int]:
    """How many finite `values` each bin holds; of two that touch, the upper holds the value between."""
    values = values[np.isfinite(values)]
    if not bins:
        return []
    lows = np.array([each.low for each in bins])
    places = np.searchsorted(lows, values, side="right") - 1
    counts: list[int] = np.bincount(places.clip(0, len(bins) - 1), minlength=len(bins)).tolist()
    return counts


def spread(values: npt.NDArray[np.float64]) -> Spread | None:
    """Quartiles, range and mean of the finite `values`; None when there are none."""
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return None
    low, q1, median, q3, high = np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0]).tolist()
    return Spread(min=low, q1=q1, median=median, q3=q3, max=high, mean=float(values.mean()))


def column(
    first: int, last: int, measures: Measures, rewards: Sequence[Bin], lengths: Sequence[Bin]
) -> RolloutColumn:
    """What the completions of neighbouring steps look like."""
    reward, length = measures["reward"], measures["length"].astype(np.float64)
    return RolloutColumn(
        first_step=first,
        last_step=last,
        completions=len(measures),
        correct=correct(measures),
        truncated=truncated(measures),
        reward=spread(reward),
        length=spread(length),
        rewards=count(reward, rewards),
        lengths=count(length, lengths),
    )
