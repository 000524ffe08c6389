"""Statistics of one run (METHOD.md): pure functions of its series.

Values that are not finite are left out before anything is computed. Training variance is ours: the
sample variance over training steps of the step's mean reward; beside it stand its detrended form,
because a run that learns faster has more raw variance without being less stable, and the sampling
floor, which the draw of prompts and rollouts alone explains.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ahora.schemas.comparing import RunStatistics
from backend.metrics.points import Points

KEYS = (
    "reward",
    "reward_sampling_variance",
    "eval/pass@1",
    "entropy",
    "horizon/effective_fraction",
)
"""The series that a comparison reads."""

START_STEPS = 5
"""Entropy at the start and at the end is a mean over so many steps."""

Values = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Analysis:
    """How a run wants to be judged: its configuration's section `analysis`."""

    entropy_threshold: float = 0.1
    patience: int = 10
    variance_window: int | None = None


class Statistics(RunStatistics):
    """A run's statistics, and how much they rest on."""

    variance_steps: int
    """Steps inside the window that have a reward."""


def finite(points: Points) -> tuple[Steps, Values]:
    """Steps and values (n,) of the points whose value is finite."""
    kept = points[np.isfinite(points["value"])]
    return kept["step"], kept["value"]


def window_start(n: int, window: int | None) -> int:
    """Index of the first of n steps that counts: the last `window`, or all after the first 10 %."""
    return math.ceil(n / 10) if window is None else max(0, n - window)


def sample_variance(values: Values) -> float | None:
    """Sample variance (ddof 1); None for fewer than 2 values."""
    return float(np.var(values, ddof=1)) if len(values) >= 2 else None


def detrended_variance(steps: Steps, values: Values) -> float | None:
    """Residual variance of the least-squares line through (step, value), with n - 2 degrees of
    freedom; None for fewer than 3 values."""
    if len(values) < 3:
        return None
    x = steps - steps.mean()
    y = values - values.mean()
    residuals = y - x * (x @ y) / (x @ x)
    return float(residuals @ residuals) / (len(values) - 2)


def entropy_collapsed(values: Values, threshold: float, patience: int) -> bool | None:
    """Whether entropy stayed below `threshold` times its mean over the first steps for `patience`
    steps in a row; None while there are not enough steps to know the mean."""
    if len(values) < START_STEPS:
        return None
    limit = threshold * values[:START_STEPS].mean()
    row = longest = 0
    for value in values:
        row = row + 1 if value < limit else 0
        longest = max(longest, row)
    return longest >= patience


def mean(values: Values) -> float | None:
    """Mean; None of nothing."""
    return float(values.mean()) if len(values) else None


def statistics(series: Mapping[str, Points], analysis: Analysis) -> Statistics:
    """The statistics of one run from the series named in `KEYS`; any of them may be missing."""
    empty: Points = np.empty(0, dtype=[("step", "<i8"), ("value", "<f8")])
    steps, reward = finite(series.get("reward", empty))
    first = window_start(len(reward), analysis.variance_window)
    window = (int(steps[first]), int(steps[-1])) if first < len(steps) else None

    floor_steps, floors = finite(series.get("reward_sampling_variance", empty))
    if window is not None:
        floors = floors[(floor_steps >= window[0]) & (floor_steps <= window[1])]

    eval_steps, passes = finite(series.get("eval/pass@1", empty))
    baseline = passes[eval_steps == 0]
    later = passes[eval_steps > 0]
    peak = int(passes.argmax()) if len(passes) else None

    _, entropy = finite(series.get("entropy", empty))
    _, fraction = finite(series.get("horizon/effective_fraction", empty))
    return Statistics(
        baseline_pass_at_1=float(baseline[0]) if len(baseline) else None,
        peak_pass_at_1=None if peak is None else float(passes[peak]),
        peak_step=None if peak is None else int(eval_steps[peak]),
        final_pass_at_1=float(later[-1]) if len(later) else None,
        final_reward=mean(reward[len(reward) - math.ceil(len(reward) / 10) :]),
        training_variance=sample_variance(reward[first:]),
        detrended_variance=detrended_variance(steps[first:], reward[first:]),
        sampling_floor=mean(floors),
        variance_window=window,
        variance_steps=len(reward) - first,
        entropy_start=mean(entropy[:START_STEPS]),
        entropy_end=mean(entropy[-START_STEPS:]),
        collapsed=entropy_collapsed(entropy, analysis.entropy_threshold, analysis.patience),
        effective_fraction=mean(fraction),
    )
