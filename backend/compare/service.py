"""A comparison of runs: a table of statistics, configuration differences, remarks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from ahora.schemas.monitoring import Comparison, ConfigDifference, RunComparison
from backend.compare import repository
from backend.compare.differences import differences
from backend.compare.remarks import Subject, remarks
from backend.compare.statistics import KEYS, Analysis, Statistics, statistics
from backend.db.models import Run
from backend.errors import RunNotFound
from backend.events.superseded import valid_steps
from backend.metrics import store
from backend.metrics.points import Points


def compare(session: Session, run_ids: Sequence[str]) -> Comparison:
    """Compare the runs, in the order given. Raises `RunNotFound`."""
    found = {run.id: run for run in repository.with_config(session, run_ids)}
    for run_id in run_ids:
        if run_id not in found:
            raise RunNotFound(run_id)
    runs = [found[run_id] for run_id in run_ids]
    series: dict[str, dict[str, Points]] = {run_id: {} for run_id in run_ids}
    stored = store.find(session, run_ids, KEYS)
    for one in store.read(session, stored, valid_steps(session, run_ids)):
        series[one.run_id][one.key] = one.points
    subjects = [
        Subject(run.id, run.name, run.status, run.config, _statistics(run.config, series[run.id]))
        for run in runs
    ]
    different = differences({run.id: run.config for run in runs})
    return Comparison(
        runs=[_row(run, subject.statistics) for run, subject in zip(runs, subjects, strict=True)],
        differences=[
            ConfigDifference(path=path, values=values) for path, values in different.items()
        ],
        remarks=remarks(subjects, different),
    )


def _statistics(config: dict[str, Any], series: dict[str, Points]) -> Statistics:
    return statistics(series, Analysis(**config["analysis"]))


def _row(run: Run, numbers: Statistics) -> RunComparison:
    return RunComparison(
        run_id=run.id,
        name=run.name,
        steps=run.step,
        baseline_pass_at_1=numbers.baseline_pass_at_1,
        peak_pass_at_1=numbers.peak_pass_at_1,
        peak_step=numbers.peak_step,
        final_pass_at_1=numbers.final_pass_at_1,
        final_reward=numbers.final_reward,
        training_variance=numbers.training_variance,
        detrended_variance=numbers.detrended_variance,
        sampling_floor=numbers.sampling_floor,
        variance_window=numbers.variance_window,
        entropy_start=numbers.entropy_start,
        entropy_end=numbers.entropy_end,
        collapsed=numbers.collapsed,
        effective_fraction=numbers.effective_fraction,
    )
