"""Statistics over runs that differ only in their seed (METHOD.md): intervals, paired differences and
ratios, and a permutation test. Pure functions.

Below `BOOTSTRAP_FROM` values intervals are Student's, on logarithms where the quantity is a variance:
a percentile bootstrap covers too little with few seeds (5 seeds: 84 % instead of 95 %).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BOOTSTRAP_FROM = 10
RESAMPLES = 10_000

STUDENT_975 = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060)
"""97.5 % quantile of Student's t for 1, 2 ... degrees of freedom, as far as it is used."""

EXACT_UP_TO = 14
"""Pairs up to which a permutation test goes through all 2^n signs."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over n seeds with its 95 % interval; no bounds from a single seed."""

    mean: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Paired:
    """A variant against a baseline, seed by seed: difference, or ratio baseline / variant."""

    estimate: Interval
    p: float
    """Two-sided, of the paired permutation test."""
    smallest_p: float
    """What the test gives at least with so many pairs."""


def interval(values: Sequence[float]) -> Interval | None:
    """Mean and 95 % interval of the mean; None of nothing."""
    n = len(values)
    if n == 0:
        return None
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if n == 1:
        return Interval(mean, None, None, n)
    if n < BOOTSTRAP_FROM:
        margin = STUDENT_975[n - 2] * float(array.std(ddof=1)) / math.sqrt(n)
        return Interval(mean, mean - margin, mean + margin, n)
    draws = np.random.default_rng(0).choice(array, (RESAMPLES, n)).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Interval(mean, float(low), float(high), n)


def geometric_interval(values: Sequence[float]) -> Interval | None:
    """Geometric mean and its interval; None of nothing, or when a value is not above 0."""
    if any(value <= 0.0 for value in values):
        return None
    return exp_interval(interval([math.log(value) for value in values]))


def paired_difference(variant: Mapping[int, float], baseline: Mapping[int, float]) -> Paired | None:
    """variant - baseline, by seed; None when they have no seed in common."""
    return _paired([variant[seed] - baseline[seed] for seed in _common(variant, baseline)])


def paired_ratio(variant: Mapping[int, float], baseline: Mapping[int, float]) -> Paired | None:
    """baseline / variant, by seed, as a geometric mean; None without a common seed, or when a value
    is not above 0."""
    seeds = _common(variant, baseline)
    if any(variant[seed] <= 0.0 or baseline[seed] <= 0.0 for seed in seeds):
        return None
    found = _paired([math.log(baseline[seed] / variant[seed]) for seed in seeds])
    estimate = exp_interval(found.estimate) if found else None
    return Paired(estimate, found.p, found.smallest_p) if found and estimate else None


def permutation_test(differences: Sequence[float]) -> tuple[float, float]:
    """p of the two-sided sign-flip test that paired `differences` are symmetric about 0, and the
    smallest p it can give. All signs up to `EXACT_UP_TO` pairs, else `RESAMPLES` random ones."""
    array = np.asarray(differences, dtype=np.float64)
    n = len(array)
    if n <= EXACT_UP_TO:
        bits = np.arange(2**n)[:, None] >> np.arange(n)
        signs = 1.0 - 2.0 * (bits & 1)
        smallest = min(1.0, 2.0 / 2**n)
    else:
        signs = np.random.default_rng(0).choice((-1.0, 1.0), (RESAMPLES, n))
        signs[0] = 1.0  # what was seen is one of the possible
        smallest = 1.0 / RESAMPLES
    sums = np.abs(signs @ array)
    # the same terms in another order may differ by rounding
    seen = abs(float(array.sum())) - 1e-9 * float(np.abs(array).sum())
    return float((sums >= seen).mean()), smallest


def _common(variant: Mapping[int, float], baseline: Mapping[int, float]) -> list[int]:
    return sorted(variant.keys() & baseline.keys())


def _paired(differences: Sequence[float]) -> Paired | None:
    estimate = interval(differences)
    return Paired(estimate, *permutation_test(differences)) if estimate else None


def exp_interval(found: Interval | None) -> Interval | None:
    """The interval of a quantity from that of its logarithm."""
    if found is None:
        return None
    low, high = (None if bound is None else _power(bound) for bound in (found.low, found.high))
    return Interval(_power(found.mean), low, high, found.n)


def _power(value: float) -> float:
    """e to `value`, infinite where a float ends: two seeds may give bounds as wide as that."""
    return math.exp(value) if value < 709.0 else math.inf
