"""Device time that runs are expected to take, from completed runs that were alike.

A run's time is what its attempts held their device for, per step; that of `n` runs of `max_steps` steps is
the median of the measured ones times steps times runs. Nothing is assumed where nothing was measured.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from ahora.config import RunConfig
from ahora.schemas.experiments import HoursEstimate
from backend.db import utcnow
from backend.experiments import repository
from backend.runs.timing import run_seconds

Alike = Literal["same model, data and batch", "same model and device"]


@dataclass(frozen=True)
class Measured:
    """A completed run."""

    config: RunConfig
    step_seconds: float


class Estimates:
    """Reads the completed runs of some models once."""

    def __init__(self, session: Session, models: Iterable[str]) -> None:
        runs = repository.measured(session, sorted(set(models)))
        now = utcnow()
        seconds: dict[str, float] = {}
        for attempt in repository.attempts_at(session, [run.id for run in runs]):
            held = run_seconds(attempt, now)
            seconds[attempt.run_id] = seconds.get(attempt.run_id, 0.0) + held
        self._measured = [
            Measured(RunConfig.model_validate(run.config), seconds[run.id] / run.step)
            for run in runs
            if seconds.get(run.id)
        ]

    def of(self, config: RunConfig, runs: int) -> HoursEstimate | None:
        """Of so many runs of `config`; None when nothing alike was measured."""
        return estimate(config, runs, self._measured)


def estimate(config: RunConfig, runs: int, measured: Sequence[Measured]) -> HoursEstimate | None:
    """Hours of `runs` runs of `config`, from those of `measured` that are most like it."""
    wide = [
        each
        for each in measured
        if each.config.model.model_name_or_path == config.model.model_name_or_path
        and each.config.resources.device == config.resources.device
    ]
    close = [each for each in wide if _work(each.config) == _work(config)]
    alike: Alike = "same model, data and batch" if close else "same model and device"
    times = [each.step_seconds for each in close or wide]
    if not times:
        return None
    steps = config.max_steps * runs / 3600
    return HoursEstimate(
        hours=statistics.median(times) * steps,
        low=min(times) * steps,
        high=max(times) * steps,
        based_on=len(times),
        alike=alike,
    )


def total(estimates: Sequence[HoursEstimate]) -> HoursEstimate:
    """Of several configurations together."""
    kinds = {each.alike for each in estimates}
    return HoursEstimate(
        hours=sum(each.hours for each in estimates),
        low=sum(each.low for each in estimates),
        high=sum(each.high for each in estimates),
        based_on=max(each.based_on for each in estimates),
        alike=estimates[0].alike if len(kinds) == 1 else "same model and device",
    )


def _work(config: RunConfig) -> tuple[object, ...]:
    """What a step's time depends on most."""
    rollout, evaluation = config.rollout, config.evaluation
    return (
        config.data.kind,
        rollout.engine,
        rollout.generation_batch_size,
        rollout.max_completion_length,
        evaluation.num_examples,
        config.model.use_peft,
    )
