"""Conditions as folds over a metric's reports.

A `Watch` sees the reports of one run one after the other and remembers a handful of numbers, so that what
it finds does not depend on how reports were cut into batches, and nothing is read again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite, nan
from typing import Any

from ahora.schemas.rules import Condition, NotFinite, Shift, Silence, Stalled, Threshold


@dataclass
class Episode:
    """What a rule has found so far."""

    active: bool = False
    step: int = 0
    """Step at which the newest occurrence began."""
    last_step: int = 0
    """Newest step at which the condition held."""
    value: float | None = None
    """The metric's value then; None where it is no number."""
    metric: str = ""
    occurrences: int = 0


class Watch:
    """One rule on one run. Subclasses say whether the condition holds."""

    def __init__(self, metric: str) -> None:
        self.metric = metric
        self.episode = Episode()

    def see(self, step: int, value: float) -> None:
        """The next report of the metric."""
        raise NotImplementedError

    def _note(self, holds: bool, step: int, value: float, metric: str = "") -> None:
        episode = self.episode
        if not holds:
            episode.active = False
            return
        if not episode.active:
            episode.active, episode.step = True, step
            episode.occurrences += 1
        episode.last_step = step
        episode.value = value if isfinite(value) else None
        episode.metric = metric or self.metric

    def dump(self) -> dict[str, Any]:
        """Everything it remembers, for `load`."""
        hidden = {"condition", "episode", "metric"}
        own = {key: value for key, value in vars(self).items() if key not in hidden}
        return own | {"episode": asdict(self.episode)}

    def load(self, memory: Mapping[str, Any]) -> None:
        """Remember what `dump` gave."""
        for key, value in memory.items():
            setattr(self, key, Episode(**value) if key == "episode" else value)


class _Ordered(Watch):
    """A watch that passes over late reports and values that are no numbers."""

    def __init__(self, metric: str) -> None:
        super().__init__(metric)
        self.at = -1
        """Step of the newest report."""

    def see(self, step: int, value: float) -> None:
        if step <= self.at or not isfinite(value):
            return
        self.at = step
        self._note(self._holds(step, value), step, value)

    def _holds(self, step: int, value: float) -> bool:
        raise NotImplementedError


class _Threshold(_Ordered):
    def __init__(self, condition: Threshold) -> None:
        super().__init__(condition.metric)
        self.condition = condition
        self.row = 0
        """Reports in a row that were beyond."""

    def _holds(self, step: int, value: float) -> bool:
        limit = self.condition.value
        match self.condition.op:
            case ">":
                beyond = value > limit
            case ">=":
                beyond = value >= limit
            case "<":
                beyond = value < limit
            case "<=":
                beyond = value <= limit
        self.row = self.row + 1 if beyond else 0
        return self.row >= self.condition.reports


class _Shift(_Ordered):
    def __init__(self, condition: Shift) -> None:
        super().__init__(condition.metric)
        self.condition = condition
        self.count = 0
        """Reports in the baseline, up to `baseline_reports`."""
        self.mean = 0.0
        self.row = 0

    def _holds(self, step: int, value: float) -> bool:
        wanted = self.condition.baseline_reports
        if self.count < wanted:
            self.count += 1
            self.mean += (value - self.mean) / self.count
            return False
        room = self.condition.by * abs(self.mean)
        rises = self.condition.direction == "rises"
        beyond = value > self.mean + room if rises else value < self.mean - room
        self.row = self.row + 1 if beyond else 0
        if not beyond and self.condition.baseline == "running":
            self.mean += (value - self.mean) * 2 / (wanted + 1)
        return self.row >= self.condition.reports


class _Stalled(_Ordered):
    def __init__(self, condition: Stalled) -> None:
        super().__init__(condition.metric)
        self.condition = condition
        self.mean = nan
        self.best = nan
        self.best_step = 0

    def _holds(self, step: int, value: float) -> bool:
        wanted = self.condition
        first = self.mean != self.mean
        self.mean = value if first else self.mean + (value - self.mean) * 2 / (wanted.smoothing + 1)
        sign = 1.0 if wanted.better == "higher" else -1.0
        if first or sign * (self.mean - self.best) > wanted.min_delta:
            self.best, self.best_step = self.mean, step
            return False
        if wanted.enough is not None and sign * (self.mean - wanted.enough) >= 0:
            return False
        return step - self.best_step >= wanted.steps


class NotFiniteWatch(Watch):
    """Sees whole events (`see_event`): it may be about every metric."""

    def __init__(self, condition: NotFinite) -> None:
        super().__init__(condition.metric)
        self.bad: list[str] = []
        """Metrics whose newest report was no number."""

    def see_event(self, step: int, values: Mapping[str, float]) -> None:
        """The next reports, all of one step."""
        bad = set(self.bad)
        # a sum of numbers is a number, but where it overflows: then each is looked at
        if not bad and isfinite(sum(values.values())):
            return
        mine = (
            values if self.metric == "*" else {k: values[k] for k in (self.metric,) if k in values}
        )
        wrong = sorted(key for key, value in mine.items() if not isfinite(value))
        self.bad = sorted(bad - set(mine) | set(wrong))
        if wrong:
            self._note(True, step, nan, wrong[0])
        elif not self.bad:
            self._note(False, step, nan)


@dataclass
class Watches:
    """The watches of one run, by the rules' keys."""

    by_key: dict[str, Watch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._events = [w for w in self.by_key.values() if isinstance(w, NotFiniteWatch)]
        self._metrics: dict[str, list[Watch]] = {}
        for watch in self.by_key.values():
            if not isinstance(watch, NotFiniteWatch):
                self._metrics.setdefault(watch.metric, []).append(watch)

    def see(self, step: int, values: Mapping[str, float]) -> None:
        """The next reports, all of one step."""
        for whole in self._events:
            whole.see_event(step, values)
        self.see_over_time(step, values)

    def see_over_time(self, step: int, values: Mapping[str, float]) -> None:
        """Samples of metrics over time, whose steps are seconds: seen by rules that name one."""
        for metric in values.keys() & self._metrics.keys():
            for watch in self._metrics[metric]:
                watch.see(step, values[metric])


def watch_of(condition: Condition) -> Watch | None:
    """A watch that has seen nothing yet; None for silence, which no report can show."""
    match condition:
        case Threshold():
            return _Threshold(condition)
        case Shift():
            return _Shift(condition)
        case Stalled():
            return _Stalled(condition)
        case NotFinite():
            return NotFiniteWatch(condition)
        case Silence():
            return None
