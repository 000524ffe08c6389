"""What users do with experiments."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from ahora.config.errors import FieldError
from ahora.experiments import Expansion, ExperimentError, Planned, expand
from ahora.naming import name_in_experiment
from ahora.schemas.experiments import (
    Axis,
    ExperimentAnswer,
    ExperimentCreate,
    ExperimentPlan,
    ExperimentPreview,
    ExperimentUpdate,
    PreviewCell,
    RunAnswer,
)
from ahora.schemas.runs import RetryRequest, RunCreate
from backend.datasets import service as datasets
from backend.db import Database, utcnow
from backend.db.models import Experiment, Run
from backend.errors import ApiError, Invalid
from backend.experiments import repository
from backend.experiments.estimate import Estimates, total
from backend.projects.repository import ensure_project
from backend.runs import control
from backend.runs import service as runs
from backend.runs.transitions import lock_run
from backend.runs.views import actions
from backend.workers.fit import Needs
from backend.workers.waiting import Waiting

UNKNOWN_DEVICE = "cpu"


def preview(session: Session, plan: ExperimentPlan) -> ExperimentPreview:
    """The exact runs that `plan` would make. What is wrong with it is in the answer."""
    try:
        expansion = expand(plan.config, plan.axes, plan.seeds)
    except ExperimentError as error:
        return _nothing(error.errors)
    models = [each.config.model.model_name_or_path for each in expansion.planned if each.config]
    estimates, waiting = Estimates(session, models), Waiting(session)
    cells = [
        _preview_cell(session, each, len(expansion.seeds), estimates, waiting)
        for each in expansion.planned
    ]
    hours = {
        device: total([cell.estimate for cell in cells if cell.estimate and cell.device == device])
        for device in sorted({cell.device for cell in cells if cell.estimate})
    }
    return ExperimentPreview(
        cells=cells,
        seeds=list(expansion.seeds),
        runs=expansion.runs,
        combinations=len(expansion.planned) + len(expansion.collapsed),
        collapsed=list(expansion.collapsed),
        device_hours=hours,
        unmeasured=sum(cell.estimate is None for cell in cells),
        problems=[],
    )


def _nothing(problems: list[FieldError]) -> ExperimentPreview:
    return ExperimentPreview(
        cells=[],
        seeds=[],
        runs=0,
        combinations=0,
        collapsed=[],
        device_hours={},
        unmeasured=0,
        problems=problems,
    )


def _preview_cell(
    session: Session, planned: Planned, seeds: int, estimates: Estimates, waiting: Waiting
) -> PreviewCell:
    config, fields = planned.config, planned.cell.model_dump()
    if config is None:
        return PreviewCell(
            **fields,
            max_steps=None,
            device=UNKNOWN_DEVICE,
            estimate=None,
            waits_for=None,
            problems=list(planned.problems),
        )
    return PreviewCell(
        **fields,
        max_steps=config.max_steps,
        device=config.resources.device,
        estimate=estimates.of(config, seeds),
        waits_for=waiting.why(Needs.of(config)),
        problems=datasets.problems(session, config),
    )


def create(session: Session, body: ExperimentCreate, by: str) -> Run:
    """Store an experiment and queue all of its runs; gives the first of them.

    Raises `Invalid`, which names the axis, or the field and the configuration that is wrong.
    """
    expansion = _valid(body)
    ensure_project(session, body.project)
    experiment = Experiment(
        name=body.name,
        project=body.project,
        tags=list(dict.fromkeys(body.tags)),
        notes=body.notes,
        preset=body.preset,
        parent_run_id=body.parent_run_id,
        created_by=by,
        config=body.config,
        axes=[axis.model_dump(mode="json") for axis in body.axes],
        cells=[each.cell.model_dump(mode="json") for each in expansion.planned],
        seeds=list(expansion.seeds),
    )
    session.add(experiment)
    session.flush()
    made: list[Run] = []
    # seed by seed, so that every configuration has its first result before any has its last
    for seed in expansion.seeds:
        for planned in expansion.planned:
            run = runs.create(session, _body(body, planned, seed), by)
            run.experiment_id, run.cell = experiment.id, planned.cell.index
            made.append(run)
    return made[0]


def _valid(body: ExperimentCreate) -> Expansion:
    try:
        expansion = expand(body.config, body.axes, body.seeds)
    except ExperimentError as error:
        raise Invalid(
            f"No experiment can be made of this: {error}.", errors=error.errors
        ) from error
    wrong = [each for each in expansion.planned if each.problems]
    if wrong:
        first = wrong[0]
        errors = {f"{each.path} {each.message}": each for one in wrong for each in one.problems}
        more = f" (and {len(wrong) - 1} more configurations)" if len(wrong) > 1 else ""
        problem = first.problems[0]
        raise Invalid(
            f"The configuration {first.cell.label!r} is not valid: {problem.path} {problem.message}. "
            f"{problem.remedy}{more}",
            errors=[
                each.model_copy(update={"path": f"config.{each.path}".rstrip(".")})
                for each in errors.values()
            ],
        )
    return expansion


def _body(body: ExperimentCreate, planned: Planned, seed: int) -> RunCreate:
    return RunCreate(
        config=planned.with_seed(seed),
        name=name_in_experiment(planned.cell.label, seed, body.name),
        project=body.project,
        tags=body.tags,
        priority=body.priority,
        preset=body.preset,
        parent_run_id=body.parent_run_id,
    )


def update(session: Session, experiment_id: str, body: ExperimentUpdate) -> None:
    """Edit an experiment."""
    experiment = repository.require(session, experiment_id)
    if body.name is not None:
        experiment.name = body.name
    if body.notes is not None:
        experiment.notes = body.notes


Act = Callable[[Session, str], None]


def stop(by: str, reason: str) -> Act:
    """Stops a run."""
    return lambda session, run_id: control.stop(session, run_id, by, reason)


def pause(by: str, reason: str) -> Act:
    """Pauses a run."""
    return lambda session, run_id: control.pause(session, run_id, by, reason)


def resume(by: str, reason: str) -> Act:
    """Queues a paused run."""
    return lambda session, run_id: control.resume(session, run_id, by, reason)


def retry(by: str, reason: str) -> Act:
    """Queues a run that failed, was stopped or lost."""
    return lambda session, run_id: control.retry(session, run_id, by, RetryRequest(reason=reason))


def for_each(db: Database, experiment_id: str, which: Sequence[str], act: Act) -> ExperimentAnswer:
    """Do `act` to each of the experiment's runs whose possible actions have one of `which`.

    Each run in a transaction of its own: one that cannot follow holds up none of the others.
    """
    with db.read() as session:
        repository.require(session, experiment_id)
        chosen = [
            run.id
            for run in repository.runs_of(session, experiment_id)
            if set(which) & set(actions(run))
        ]
    answers = [_one(db, run_id, act) for run_id in chosen]
    return ExperimentAnswer(runs=answers, done=sum(each.done for each in answers))


def _one(db: Database, run_id: str, act: Act) -> RunAnswer:
    problem = ""
    try:
        with db.write() as session:
            act(session, run_id)
    except ApiError as error:
        problem = error.detail
    with db.read() as session:
        run = session.get_one(Run, run_id)
        return RunAnswer(
            run_id=run.id, name=run.name, done=not problem, status=run.status, problem=problem
        )


def delete(db: Database, experiment_id: str) -> ExperimentAnswer:
    """Put the experiment and its runs into the bin. It stays while a run cannot go: an active one must
    be stopped first."""
    with db.read() as session:
        repository.require(session, experiment_id)
        every = [
            run.id for run in repository.runs_of(session, experiment_id) if run.deleted_at is None
        ]
    answers = [_one(db, run_id, _delete) for run_id in every]
    if all(each.done for each in answers):
        with db.write() as session:
            repository.require(session, experiment_id).deleted_at = utcnow()
    return ExperimentAnswer(runs=answers, done=sum(each.done for each in answers))


def restore(db: Database, experiment_id: str) -> ExperimentAnswer:
    """Take the experiment and its runs out of the bin."""
    with db.write() as session:
        repository.require(session, experiment_id).deleted_at = None
    return for_each(db, experiment_id, ["restore"], _restore)


def _delete(session: Session, run_id: str) -> None:
    runs.delete(session, lock_run(session, run_id))


def _restore(session: Session, run_id: str) -> None:
    runs.restore(session, lock_run(session, run_id))


def axes_of(experiment: Experiment) -> list[Axis]:
    """Its axes."""
    return [Axis.model_validate(axis) for axis in experiment.axes]
