"""Comparisons of runs and of groups of runs."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ahora.schemas.base import Request, Schema
from ahora.status import RunStatus

MOST_GROUPS = 100
"""Groups that are drawn at once."""
MOST_RUNS = 500
"""Runs of a group: an experiment may have one configuration."""


class RunStatistics(Schema):
    """What a run's metrics say about it; null where it has no such data."""

    baseline_pass_at_1: float | None
    """Greedy Pass@1 before training."""
    peak_pass_at_1: float | None
    peak_step: int | None
    final_pass_at_1: float | None
    final_reward: float | None
    """Mean reward over the last tenth of the steps."""
    training_variance: float | None
    """Sample variance of the step's mean reward over the variance window."""
    detrended_variance: float | None
    """The same of the residuals of a linear fit (n - 2 degrees of freedom)."""
    sampling_floor: float | None
    """Part of it that the draw of prompts and rollouts alone explains."""
    variance_window: tuple[int, int] | None
    """First and last step the variances cover."""
    entropy_start: float | None
    entropy_end: float | None
    collapsed: bool | None
    effective_fraction: float | None
    """Mean of `horizon/effective_fraction`."""


class RunComparison(RunStatistics):
    """One row of a comparison's table."""

    run_id: str
    name: str
    status: RunStatus
    project: str
    algorithm: str
    alpha: float
    model: str
    data: str
    seed: int
    tags: list[str]
    num_examples: int
    """Held-out problems of an evaluation."""
    steps: int


class ConfigDifference(Schema):
    """A configuration field on which the runs differ."""

    path: str
    values: dict[str, Any]
    """Run id to value; a run without the field is absent."""


class Estimate(Schema):
    """A mean, difference or ratio over seeds."""

    mean: float
    """Of variances the geometric mean; of a comparison the difference or ratio."""
    low: float | None
    """Bounds of the 95 % interval; null where the data gives none."""
    high: float | None
    n: int
    """Runs, or pairs of runs; of groups whose seeds do not match the smaller group's runs."""
    method: Literal["none", "t", "t of logarithms", "bootstrap", "bootstrap of logarithms"]


class Versus(Schema):
    """A group against the baseline in one measure."""

    kind: Literal["difference", "ratio"]
    """`difference` is group - baseline, `ratio` is baseline / group."""
    estimate: Estimate
    paired: bool
    """Whether runs were matched by seed."""
    p: float | None
    """Two-sided p of the paired permutation test; null where seeds do not match."""
    smallest_p: float | None
    """The smallest p that so many pairs can give: 5 pairs 0.0625."""
    verdict: Literal["few", "unclear", "higher", "lower"]
    """Where the group's measure lies against the baseline's; `few` below 5 seeds."""
    words: str


class GroupMeasure(Schema):
    """A group's mean of one measure, and how it stands against the baseline."""

    estimate: Estimate | None
    versus: Versus | None
    """Null for the baseline itself."""


class MeasureInfo(Schema):
    """What a measure is."""

    name: str
    """As in `RunComparison`; `entropy_drop` is entropy_start - entropy_end."""
    label: str
    unit: str
    help: str
    scale: Literal["linear", "log"]
    """`log`: averaged and compared as logarithms."""


class RunGroup(Schema):
    """Runs that are compared as one."""

    id: str
    """Of its first run."""
    label: str
    run_ids: list[str]
    seeds: list[int]
    collapsed: int
    """Runs whose entropy collapsed."""
    measures: dict[str, GroupMeasure]


class Comparison(Schema):
    """Several runs side by side, alone and in groups."""

    runs: list[RunComparison]
    unknown: list[str]
    """Ids that belong to no training run, where `partial` allows them."""
    group_by: str
    """`run`, `seeds`, `algorithm`, `model`, `tags`, `hand` or a configuration field."""
    groups: list[RunGroup]
    baseline: str
    """Id of the group that the others are compared with."""
    measures: list[MeasureInfo]
    keys: list[str]
    """Metrics that any of the runs has."""
    differences: list[ConfigDifference]
    remarks: list[str]
    """Plain words on what the data does and does not show."""


class CurveGroup(Request):
    """Runs whose mean is asked for."""

    id: str = Field(max_length=64)
    """Comes back with its curves."""
    runs: list[str] = Field(min_length=1, max_length=MOST_RUNS)


class CurvesQuery(Request):
    """Mean curves of groups of runs."""

    groups: list[CurveGroup] = Field(min_length=1, max_length=MOST_GROUPS)
    keys: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=50)
    max_points: int = Field(default=500, ge=2, le=10_000)
    """About so many steps a curve."""
    baseline: str | None = None
    """Id of a group: then the curves are the differences of the others to it."""


class Curve(Schema):
    """The mean of a metric over a group's runs, step by step, with a pointwise 95 % t-interval.

    All lists have one entry a step.
    """

    group: str
    key: str
    steps: list[int]
    mean: list[float]
    """NaN where no run has a finite value."""
    low: list[float]
    """NaN where fewer than two runs have one."""
    high: list[float]
    n: list[int]
    """Runs the mean is over; of a difference pairs, or the smaller group's runs."""
    elapsed: list[float]
    """Mean seconds of training time."""
    tokens: list[float]
    paired: bool | None
    """Of a difference: whether runs were matched by seed."""


class CurvesResult(Schema):
    """The answer to a `CurvesQuery`: a curve for each group and key that has points."""

    curves: list[Curve]


class ComparisonExport(Schema):
    """A comparison as a JSON file."""

    link: str
    """The same view in the dashboard."""
    comparison: Comparison
    curves: list[Curve]
