"""Experiments as the API shows them."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from ahora.schemas import experiments as schemas
from ahora.schemas.experiments import Action, Axis, Cell, CellRun, ExperimentCell
from ahora.status import RunStatus
from backend.db import utcnow
from backend.db.models import Attempt, Experiment, Run
from backend.experiments import repository
from backend.experiments.repository import State
from backend.runs.timing import timing
from backend.runs.views import actions, eta_seconds
from backend.workers.waiting import Waiting

_OFFERED: tuple[Action, ...] = ("stop", "pause", "resume", "retry")


def summaries(
    session: Session, experiments: Sequence[Experiment]
) -> list[schemas.ExperimentSummary]:
    """Rows of the list."""
    states = repository.states(session, [each.id for each in experiments])
    return [summary(each, states[each.id]) for each in experiments]


def summary(experiment: Experiment, states: Sequence[State]) -> schemas.ExperimentSummary:
    """A row of the list."""
    statuses: dict[RunStatus, int] = {status: count for status, count, _, _ in states}
    return schemas.ExperimentSummary(
        id=experiment.id,
        name=experiment.name,
        project=experiment.project,
        tags=experiment.tags,
        created_by=experiment.created_by,
        created_at=experiment.created_at,
        deleted_at=experiment.deleted_at,
        cells=len(experiment.cells),
        seeds=experiment.seeds,
        fields=[axis["field"] for axis in experiment.axes],
        runs=sum(statuses.values()),
        statuses=statuses,
        # a run that completed early has no steps left to do
        steps=sum(
            most if status == RunStatus.COMPLETED else steps for status, _, steps, most in states
        ),
        max_steps=sum(most for _, _, _, most in states),
    )


def full(session: Session, experiment_id: str) -> schemas.Experiment:
    """An experiment with its matrix. Raises `ExperimentNotFound`."""
    experiment = repository.require(session, experiment_id)
    states = repository.states(session, [experiment_id])[experiment_id]
    runs = repository.runs_of(session, experiment_id)
    waiting = Waiting(session)
    by_cell: dict[int, list[Run]] = {}
    for run in runs:
        by_cell.setdefault(run.cell or 0, []).append(run)
    order = {seed: place for place, seed in enumerate(experiment.seeds)}
    cells = [
        ExperimentCell(
            **Cell.model_validate(cell).model_dump(),
            runs=[
                _run(run, waiting)
                for run in sorted(
                    by_cell.get(cell["index"], []), key=lambda run: order.get(run.seed, len(order))
                )
            ],
        )
        for cell in experiment.cells
    ]
    return schemas.Experiment(
        summary=summary(experiment, states),
        notes=experiment.notes,
        preset=experiment.preset,
        parent_run_id=experiment.parent_run_id,
        config=experiment.config,
        axes=[Axis.model_validate(axis) for axis in experiment.axes],
        cells=cells,
        device_hours=_hours(repository.attempts_of(session, experiment_id)),
        actions=_actions(experiment, runs),
    )


def _run(run: Run, waiting: Waiting) -> CellRun:
    return CellRun(
        run_id=run.id,
        seed=run.seed,
        name=run.name,
        status=run.status,
        phase=run.phase,
        step=run.step,
        max_steps=run.max_steps,
        last_reward=run.last_reward,
        last_pass_at_1=run.last_pass_at_1,
        eta_seconds=eta_seconds(run),
        waits_for=waiting.of(run),
        deleted=run.deleted_at is not None,
    )


def _hours(attempts: Sequence[Attempt]) -> dict[str, float]:
    return timing([], attempts, utcnow()).device_hours


def _actions(experiment: Experiment, runs: Sequence[Run]) -> list[Action]:
    if experiment.deleted_at is not None:
        return ["restore"]
    possible = {action for run in runs for action in actions(run)}
    found = [action for action in _OFFERED if action in possible]
    return [*found, "delete"]
