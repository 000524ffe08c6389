"""Conditions as folds over a metric's reports.

A `Watch` sees the reports of one run one after the other and remembers a handful of numbers, so that what
it finds does not depend on how reports were cut into batches, and nothing is read again.
"""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any, ClassVar

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

    MEMORY: ClassVar[tuple[str, ...]] = ()
    """What it remembers beside the episode."""

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
        return {key: getattr(self, key) for key in self.MEMORY} | {"episode": vars(self.episode)}

    def load(self, memory: Mapping[str, Any]) -> None:
        """Remember what `dump` gave."""
        for key in self.MEMORY:
            setattr(self, key, memory[key])
        self.episode = Episode(**memory["episode"])


class _Ordered(Watch):
    """A watch that passes over late reports and values that are no numbers."""

    MEMORY: ClassVar[tuple[str, ...]] = ("at",)

    def __init__(self, metric: str) -> None:
        super().__init__(metric)
        self.at = -1
        """Step of the newest report."""

    def see(self, step: int, value: float) -> None:
        if step <= self.at or not isfinite(value):
            return
        self.at = step
        holds = self._holds(step, value)
        if holds or self.episode.active:
            self._note(holds, step, value)

    def _holds(self, step: int, value: float) -> bool:
        raise NotImplementedError


_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class _Threshold(_Ordered):
    MEMORY = ("at", "row")

    def __init__(self, condition: Threshold) -> None:
        super().__init__(condition.metric)
        self.beyond, self.limit = _COMPARE[condition.op], condition.value
        self.reports = condition.reports
        self.row = 0
        """Reports in a row that were beyond."""

    def _holds(self, step: int, value: float) -> bool:
        if not self.beyond(value, self.limit):
            self.row = 0
            return False
        self.row += 1
        return self.row >= self.reports


class _Shift(_Ordered):
    MEMORY = ("at", "count", "mean", "row")

    def __init__(self, condition: Shift) -> None:
        super().__init__(condition.metric)
        self.condition = condition
        self.count = 0
        """Reports in the baseline, up to `baseline_reports`."""
        self.mean = 0.0
        self.row = 0

    def _holds(self, step: int, value: float) -> bool:
        wanted = self.condition
        if self.count < wanted.baseline_reports:
            self.count += 1
            self.mean += (value - self.mean) / self.count
            return False
        room = wanted.by * abs(self.mean)
        rises = wanted.direction == "rises"
        beyond = value > self.mean + room if rises else value < self.mean - room
        self.row = self.row + 1 if beyond else 0
        if not beyond and wanted.baseline == "running":
            self.mean += (value - self.mean) * 2 / (wanted.baseline_reports + 1)
        return self.row >= wanted.reports


class _Stalled(_Ordered):
    MEMORY = ("at", "mean", "best", "best_step")

    def __init__(self, condition: Stalled) -> None:
        super().__init__(condition.metric)
        self.condition = condition
        self.sign = 1.0 if condition.better == "higher" else -1.0
        self.mean = nan
        self.best = nan
        self.best_step = 0

    def _holds(self, step: int, value: float) -> bool:
        wanted = self.condition
        first = self.mean != self.mean
        self.mean = value if first else self.mean + (value - self.mean) * 2 / (wanted.smoothing + 1)
        if first or self.sign * (self.mean - self.best) > wanted.min_delta:
            self.best, self.best_step = self.mean, step
            return False
        if step - self.best_step < wanted.steps:
            return False
        return wanted.enough is None or self.sign * (self.mean - wanted.enough) < 0


class NotFiniteWatch(Watch):
    """Sees whole events (`see_event`): it may be about every metric."""

    MEMORY = ("bad",)

    def __init__(self, condition: NotFinite) -> None:
        super().__init__(condition.metric)
        self.bad: list[str] = []
        """Metrics whose newest report was no number."""

    def see_event(self, step: int, values: Mapping[str, float]) -> None:
        """The next reports, all of one step."""
        # a sum of numbers is a number, but where it overflows: then each is looked at
        if not self.bad and isfinite(sum(values.values())):
            return
        every = self.metric == "*"
        mine = values if every else {k: values[k] for k in (self.metric,) if k in values}
        wrong = sorted(key for key, value in mine.items() if not isfinite(value))
        self.bad = sorted({*self.bad} - set(mine) | set(wrong))
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
        if len(values) < len(self._metrics):
            for metric, value in values.items():
                for watch in self._metrics.get(metric, ()):
                    watch.see(step, value)
            return
        for metric, watches in self._metrics.items():
            found = values.get(metric)
            if found is not None:
                for watch in watches:
                    watch.see(step, found)


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
