"""Mean curves over the runs of a group with 95 % t-intervals, step by step. Pure functions.

Steps are those that any run reported; at each the mean is over the runs that have a finite value there
(R runs, S steps). The band is pointwise: it says how well the mean at one step is known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.compare.student import student_975
from backend.metrics.downsample import downsample
from backend.metrics.points import POINT, Points

Values = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """A mean by step; all arrays are (S,)."""

    steps: Integers
    mean: Values
    """NaN where no run has a finite value."""
    low: Values
    """NaN where fewer than two runs have one."""
    high: Values
    n: Integers
    """Runs that the mean is over."""
    elapsed: Values
    """Mean seconds of training time of the runs that reported the step."""
    tokens: Values

    def thinned(self, max_points: int) -> "Curve":
        """About `max_points` of its steps, chosen so that the mean keeps its peaks and gaps."""
        points = np.zeros(len(self.steps), dtype=POINT)
        points["step"], points["value"] = np.arange(len(self.steps)), self.mean
        kept = downsample(points, max_points)["step"]
        return Curve(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def mean_curve(runs: Sequence[Points]) -> Curve:
    """The mean of some runs' series."""
    steps, values, elapsed, tokens = _table(runs)
    n = np.isfinite(values).sum(axis=0)
    mean, variance = _moments(values, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        margin = _quantiles(n - 1) * np.sqrt(variance / n)
    return Curve(steps, mean, mean - margin, mean + margin, n, _mean(elapsed), _mean(tokens))


def difference_curve(
    variant: Mapping[str, Points], baseline: Mapping[str, Points], *, paired: bool
) -> Curve:
    """Variant - baseline by step. The keys are what pairs runs, their seeds; without pairs the interval
    is Welch's. Only steps that both have."""
    if paired:
        shared = [key for key in variant if key in baseline]
        return mean_curve([_minus(variant[key], baseline[key]) for key in shared])
    a, b = (mean_curve(list(runs.values())) for runs in (variant, baseline))
    _, rows_a, rows_b = np.intersect1d(a.steps, b.steps, return_indices=True)
    error_a, error_b = _squared_error(a)[rows_a], _squared_error(b)[rows_b]
    n_a, n_b = a.n[rows_a], b.n[rows_b]
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = error_a + error_b
        freedom = squared**2 / (error_a**2 / (n_a - 1) + error_b**2 / (n_b - 1))
        margin = _quantiles(np.nan_to_num(freedom, nan=1.0)) * np.sqrt(squared)
    mean = a.mean[rows_a] - b.mean[rows_b]
    return Curve(
        a.steps[rows_a],
        mean,
        mean - margin,
        mean + margin,
        np.minimum(n_a, n_b),
        a.elapsed[rows_a],
        a.tokens[rows_a],
    )


def _table(runs: Sequence[Points]) -> tuple[Integers, Values, Values, Values]:
    """Steps (S,) and values, elapsed, tokens (R, S), NaN where a run has no such step."""
    steps = np.unique(np.concatenate([run["step"] for run in runs])) if runs else np.empty(0)
    columns = [np.full((len(runs), len(steps)), math.nan) for _ in range(3)]
    for row, run in enumerate(runs):
        places = np.searchsorted(steps, run["step"])
        for column, name in zip(columns, ("value", "elapsed", "tokens"), strict=True):
            column[row, places] = run[name]
    return steps.astype(np.int64), columns[0], columns[1], columns[2]


def _moments(values: Values, n: Integers) -> tuple[Values, Values]:
    """Mean and sample variance of the finite values of each column; NaN where there are too few."""
    finite = np.where(np.isfinite(values), values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, finite.sum(axis=0) / n, math.nan)
        spread = np.where(np.isfinite(values), values - mean, 0.0)
        variance = np.where(n > 1, (spread**2).sum(axis=0) / (n - 1), math.nan)
    return mean, variance


def _mean(values: Values) -> Values:
    return _moments(values, np.isfinite(values).sum(axis=0))[0]


def _squared_error(curve: Curve) -> Values:
    """Squared standard error of a mean curve, from its interval."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return ((curve.high - curve.mean) / _quantiles(curve.n - 1)) ** 2


def _quantiles(freedom: npt.NDArray[np.number]) -> Values:
    """t's quantile for each entry; NaN below one degree of freedom."""
    known = {int(each): student_975(each) for each in np.unique(freedom.astype(int)) if each >= 1}
    return np.array([known.get(int(each), math.nan) for each in freedom])


def _minus(a: Points, b: Points) -> Points:
    """a - b at the steps that both have."""
    _, rows_a, rows_b = np.intersect1d(a["step"], b["step"], return_indices=True)
    both: Points = a[rows_a].copy()
    with np.errstate(invalid="ignore"):  # infinity minus infinity is a gap
        both["value"] -= b["value"][rows_b]
    return both
