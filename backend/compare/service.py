"""A comparison of runs: statistics of each and of their groups, configuration differences, remarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from ahora.schemas.comparing import (
    Comparison,
    ConfigDifference,
    Estimate,
    GroupMeasure,
    MeasureInfo,
    RunComparison,
    RunGroup,
    Versus,
)
from backend.compare import grouping, groups, repository
from backend.compare.differences import differences
from backend.compare.grouping import Group
from backend.compare.remarks import Subject, remarks
from backend.compare.seeds import Interval
from backend.compare.statistics import KEYS, Analysis, Statistics, statistics
from backend.compare.verdicts import Compared, verdicts
from backend.db.models import Run
from backend.errors import RunNotFound
from backend.events.superseded import valid_steps
from backend.metrics import store
from backend.metrics.points import Points
from backend.pages import invalid_field


@dataclass(frozen=True)
class View:
    """What is compared, and how."""

    run_ids: Sequence[str]
    group_by: str = "auto"
    hand: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Run ids by label, for `group_by="hand"`."""
    baseline: str | None = None
    """A run of the group that the others are compared with."""
    partial: bool = False
    """Leave out runs that do not exist."""
    experiment: str | None = None
    """Compare all of its runs, whatever `run_ids` says."""


def compare(session: Session, view: View) -> Comparison:
    """Compare the runs, in the order given, or an experiment's, configuration by configuration.

    Raises `RunNotFound`, `ExperimentNotFound` and `Invalid`.
    """
    if view.experiment is not None:
        view = _of_experiment(session, view, view.experiment)
    found = {run.id: run for run in repository.with_config(session, view.run_ids)}
    unknown = [run_id for run_id in view.run_ids if run_id not in found]
    if unknown and not (view.partial and found):
        raise RunNotFound(unknown[0])
    runs = [found[run_id] for run_id in view.run_ids if run_id in found]
    subjects = _subjects(session, runs)
    different = differences({run.id: run.config for run in runs})
    made = _grouped(subjects, view)
    baseline = grouping.baseline_of(made.groups, view.baseline)
    variants = [_compared(each, baseline) for each in made.groups if each is not baseline]
    words = remarks(subjects, different)
    if len(made.groups) < len(subjects):
        words = [*verdicts(baseline, variants), *words]
    versus = {each.group.id: each.versus for each in variants}
    return Comparison(
        runs=[_row(run, subject) for run, subject in zip(runs, subjects, strict=True)],
        unknown=unknown,
        group_by=made.by,
        groups=[_group(each, versus.get(each.id, {})) for each in made.groups],
        baseline=baseline.id,
        measures=[MeasureInfo(**vars(measure)) for measure in groups.MEASURES],
        keys=sorted({one.key for one in store.find(session, [run.id for run in runs])}),
        differences=[
            ConfigDifference(path=path, values=values) for path, values in different.items()
        ],
        remarks=words,
    )


def _of_experiment(session: Session, view: View, experiment_id: str) -> View:
    """The same with the experiment's runs, and its configurations as groups unless others are asked for."""
    labels = repository.labels_of_experiment(session, experiment_id)
    if not labels:
        raise invalid_field(
            "experiment", "has no run that is not deleted", "Restore it to compare its runs."
        )
    view = replace(view, run_ids=list(labels))
    if view.group_by not in ("auto", grouping.CONFIGURATION):
        return view
    cells: dict[str, list[str]] = {}
    for run_id, label in labels.items():
        cells.setdefault(label, []).append(run_id)
    return replace(view, group_by=grouping.CONFIGURATION, hand=cells)


def _subjects(session: Session, runs: Sequence[Run]) -> list[Subject]:
    run_ids = [run.id for run in runs]
    series: dict[str, dict[str, Points]] = {run_id: {} for run_id in run_ids}
    stored = store.find(session, run_ids, KEYS)
    for one in store.read(session, stored, valid_steps(session, run_ids)):
        series[one.run_id][one.key] = one.points
    return [
        Subject(
            run_id=run.id,
            name=run.name,
            status=run.status,
            config=run.config,
            statistics=_statistics(run.config, series[run.id]),
            tags=tuple(row.tag for row in run.tag_rows),
        )
        for run in runs
    ]


def _grouped(subjects: Sequence[Subject], view: View) -> grouping.Grouping:
    try:
        return grouping.group(subjects, view.group_by, view.hand)
    except grouping.UnknownFieldError as error:
        raise invalid_field(
            "group_by",
            f"names {view.group_by!r}, which no run's configuration has",
            f"It is one of {', '.join(grouping.BY)}, or a field such as optimizer.learning_rate.",
        ) from error


def _compared(variant: Group, baseline: Group) -> Compared:
    found = {
        measure.name: groups.against(variant.members, baseline.members, measure)
        for measure in groups.MEASURES
    }
    return Compared(variant, {name: each for name, each in found.items() if each is not None})


def _group(group: Group, versus: Mapping[str, groups.Versus]) -> RunGroup:
    members = group.members
    measures: dict[str, GroupMeasure] = {}
    for measure in groups.MEASURES:
        summary = groups.summary(members, measure)
        against = versus.get(measure.name)
        measures[measure.name] = GroupMeasure(
            estimate=None if summary is None else _estimate(*summary),
            versus=None if against is None else _versus(against),
        )
    return RunGroup(
        id=group.id,
        label=group.label,
        run_ids=[subject.run_id for subject in group.subjects],
        seeds=[member.seed for member in members],
        collapsed=sum(bool(member.statistics.collapsed) for member in members),
        measures=measures,
    )


def _estimate(found: Interval, method: groups.Method) -> Estimate:
    return Estimate(mean=found.mean, low=found.low, high=found.high, n=found.n, method=method)


def _versus(found: groups.Versus) -> Versus:
    return Versus(
        kind=found.kind,
        estimate=_estimate(found.estimate, found.method),
        paired=found.paired,
        p=found.p,
        smallest_p=found.smallest_p,
        verdict=found.verdict,
        words=found.words,
    )


def _statistics(config: dict[str, Any], series: dict[str, Points]) -> Statistics:
    return statistics(series, Analysis(**config["analysis"]))


def _row(run: Run, subject: Subject) -> RunComparison:
    return RunComparison(
        run_id=run.id,
        name=run.name,
        status=run.status,
        project=run.project,
        algorithm=run.algorithm,
        alpha=run.alpha,
        model=run.model,
        data=run.data,
        seed=run.seed,
        tags=list(subject.tags),
        num_examples=run.config.get("evaluation", {}).get("num_examples", 0),
        steps=run.step,
        **subject.statistics.model_dump(exclude={"variance_steps"}),
    )
