"""Rules that watch runs, and the alerts they raise.

A rule is a condition on what a run reports. Conditions look at a metric's reports one after the other,
in the order of their steps: a report of an earlier step than the last is passed over, and so are values
that are not numbers, but by `NotFinite`.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ahora.schemas.base import Name, Request, Schema

MetricName = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Reports = Annotated[int, Field(ge=1, le=10_000)]
RuleKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Action = Literal["notify", "pause"]


class Threshold(Request):
    """A metric is beyond a fixed value."""

    kind: Literal["threshold"] = "threshold"
    metric: MetricName
    """Its name, as the charts show it."""
    op: Literal[">", ">=", "<", "<="]
    """How the metric compares to the value when something is wrong."""
    value: Number
    reports: Reports = 1
    """In how many reports in a row."""


class Shift(Request):
    """A metric has moved away from what it was."""

    kind: Literal["shift"] = "shift"
    metric: MetricName
    """Its name, as the charts show it."""
    direction: Literal["rises", "drops"]
    by: float = Field(gt=0, le=1e6, allow_inf_nan=False)
    """By which share of the baseline: 1 is a rise to twice as much, 0.9 a drop to a tenth."""
    baseline: Literal["running", "start"] = "running"
    """`start`: the mean of the run's first reports. `running`: a mean that follows the metric and stands
    still while the metric is beyond the limit."""
    baseline_reports: Reports = 20
    """Over how many reports the baseline is taken; before that many the rule is silent."""
    reports: Reports = 3
    """In how many reports in a row."""


class Stalled(Request):
    """A metric has stopped getting better."""

    kind: Literal["stalled"] = "stalled"
    metric: MetricName
    """Its name, as the charts show it."""
    better: Literal["higher", "lower"] = "higher"
    steps: int = Field(default=100, ge=1, le=1_000_000)
    """For how many steps its smoothed value has had no new best."""
    min_delta: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """A new best beats the old by more than this."""
    smoothing: Reports = 10
    """Span of the exponential mean, in reports."""
    enough: Number | None = None
    """No alert while the smoothed value is at least this good."""


class NotFinite(Request):
    """A metric is NaN or infinite."""

    kind: Literal["not_finite"] = "not_finite"
    metric: MetricName = "*"
    """Its name; `*` is every metric."""


class Silence(Request):
    """The trainer of a running run says nothing: no metric, no rollout, no progress, no line of log."""

    kind: Literal["silence"] = "silence"
    minutes: float = Field(default=15.0, ge=0.05, le=100_000, allow_inf_nan=False)
    """For how long."""


Condition = Annotated[
    Threshold | Shift | Stalled | NotFinite | Silence, Field(discriminator="kind")
]
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


class RuleEdit(Request):
    """A rule as it is written. Under the key of a built-in rule it takes that rule's place."""

    name: Name
    condition: Condition
    action: Action = "notify"
    """`pause` also pauses the run, once an occurrence; never by an alert that was acknowledged."""
    enabled: bool = True
    advice: str = Field(default="", max_length=2000)
    """What to try, for whoever sees the alert."""


class Rule(Schema):
    """A rule that is in force, or would be were it enabled."""

    key: str
    """Its name in addresses; a run has one rule of a key: its own, else its project's, else the
    built-in one."""
    name: str
    condition: Condition
    action: Action
    enabled: bool
    advice: str
    origin: Literal["built-in", "project", "run"]
    """Where it is written."""
    built_in: bool
    """Whether there is a built-in rule of this key, which comes back when this one is deleted."""
    words: str
    """The condition as a sentence."""
    changed_by: str | None = None
    changed_at: datetime | None = None


class Alert(Schema):
    """What a rule found on a run: one a rule and run, which ends by itself and may come back."""

    id: int
    run_id: str
    run_name: str
    project: str
    rule: str
    """Key of the rule."""
    name: str
    """The rule's name."""
    metric: str
    """Metric it is about; empty for silence."""
    active: bool
    """Whether the condition holds, or held when the run ended."""
    step: int
    """Step at which the newest occurrence began."""
    last_step: int
    """Newest step at which it held."""
    value: float | None
    """The metric at that step; null where it is no number."""
    sentence: str
    """What is the matter."""
    advice: str
    """What to try."""
    paused: bool
    """Whether it paused the run."""
    occurrences: int
    """How often it began, over the steps that are valid."""
    first_at: datetime
    last_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    """Since when somebody knows: it neither shows on the table nor pauses the run any more."""
    acknowledged_by: str | None
