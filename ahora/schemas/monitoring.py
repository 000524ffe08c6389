"""Metrics, logs and checkpoints."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ahora.events import CheckpointFile
from ahora.schemas.base import Request, Schema


class MetricInfo(Schema):
    """An entry of the metric registry; a name with a part in braces is a pattern."""

    name: str
    group: str
    description: str
    unit: str
    direction: Literal["higher", "lower", "none"]
    headline: bool
    axis: Literal["step", "time"]
    """`time`: sampled every few seconds; the steps of its points are seconds since the run's first
    start, and no later attempt supersedes them."""
    profile: bool
    """The names that match are points of one curve over the part in braces, a number."""


class MetricRegistry(Schema):
    """Everything the dashboard knows about metrics."""

    groups: list[str]
    """Chart groups in display order."""
    metrics: list[MetricInfo]


class SeriesQuery(Request):
    """Which series of which runs, and how finely."""

    runs: list[str] = Field(min_length=1, max_length=500)
    keys: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=200)
    """Metric names; empty asks for all keys of the runs."""
    max_points: int = Field(default=1000, ge=2, le=100_000)
    """Downsampled to about so many points a series: each bucket's minimum and maximum and the
    series' last point are kept."""
    min_step: int | None = None
    max_step: int | None = None
    envelope: bool = False
    """Downsample to means instead, each with the minimum and maximum of its bucket in `low` and
    `high`."""


class Series(Schema):
    """One metric of one run, in the order of steps. All lists have one entry a point."""

    run_id: str
    key: str
    steps: list[int]
    values: list[float]
    """NaN and infinities are the strings "NaN", "Infinity" and "-Infinity"."""
    elapsed: list[float]
    """Seconds of training time."""
    tokens: list[int]
    total_points: int
    """Points before downsampling."""
    downsampled: bool
    low: list[float] | None = None
    """With `envelope`, where the series was downsampled: the least value that each point stands for."""
    high: list[float] | None = None
    """And the greatest."""


class SeriesResult(Schema):
    """The answer to a `SeriesQuery`: one series for each run and key that has points."""

    series: list[Series]


class MetricSummary(Schema):
    """The summary of one metric of one run; min, max and mean are over finite values."""

    key: str
    last: float
    last_step: int
    min: float | None
    max: float | None
    mean: float | None
    count: int
    nonfinite: int


class RunMetrics(Schema):
    """All metric summaries of a run."""

    run_id: str
    metrics: list[MetricSummary]


class LogLine(Schema):
    """A line of a run's log."""

    id: int
    """Position in the run's log; pass the last one as `after`."""
    attempt: int
    time: datetime
    level: Literal["debug", "info", "warning", "error"]
    source: str
    message: str


class Checkpoint(Schema):
    """A saved state of the model that can be downloaded."""

    id: str
    run_id: str
    attempt: int
    step: int
    kind: Literal["model", "adapter"]
    size: int
    """Bytes, over all files."""
    files: list[CheckpointFile]
    metrics: dict[str, float]
    best: bool = False
    """Whether it has the highest `eval/pass@1` of the run's checkpoints that were evaluated."""
    created_at: datetime
