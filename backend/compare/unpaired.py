"""Differences and ratios of two groups whose seeds do not match: Welch's interval, and from
`BOOTSTRAP_FROM` values in each on a percentile bootstrap. Pure functions."""

import math
from collections.abc import Sequence

import numpy as np

from backend.compare.seeds import BOOTSTRAP_FROM, RESAMPLES, Interval, exp_interval
from backend.compare.student import student_975


def unpaired_difference(variant: Sequence[float], baseline: Sequence[float]) -> Interval | None:
    """Mean of variant - mean of baseline with its 95 % interval; `n` is the smaller group's. None of
    nothing, no bounds when a group has a single value."""
    n = min(len(variant), len(baseline))
    if n == 0:
        return None
    a, b = np.asarray(variant, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    mean = float(a.mean() - b.mean())
    if n == 1:
        return Interval(mean, None, None, n)
    if n >= BOOTSTRAP_FROM:
        rng = np.random.default_rng(0)
        draws = rng.choice(a, (RESAMPLES, len(a))).mean(axis=1)
        draws -= rng.choice(b, (RESAMPLES, len(b))).mean(axis=1)
        low, high = np.quantile(draws, (0.025, 0.975))
        return Interval(mean, float(low), float(high), n)
    error_a, error_b = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    squared = error_a + error_b
    if squared == 0.0:
        return Interval(mean, mean, mean, n)
    freedom = squared**2 / (error_a**2 / (len(a) - 1) + error_b**2 / (len(b) - 1))
    margin = student_975(freedom) * math.sqrt(squared)
    return Interval(mean, mean - margin, mean + margin, n)


def unpaired_ratio(variant: Sequence[float], baseline: Sequence[float]) -> Interval | None:
    """Geometric mean of baseline / that of variant; None when a value is not above 0."""
    if any(value <= 0.0 for value in (*variant, *baseline)):
        return None
    return exp_interval(
        unpaired_difference(
            [math.log(value) for value in baseline], [math.log(value) for value in variant]
        )
    )
