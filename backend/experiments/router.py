"""Routes of experiments."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from ahora.schemas.base import Page
from ahora.schemas.experiments import (
    Experiment,
    ExperimentAct,
    ExperimentAnswer,
    ExperimentCreate,
    ExperimentPlan,
    ExperimentPreview,
    ExperimentSummary,
    ExperimentUpdate,
)
from backend.auth.principal import CurrentUser
from backend.db import Database
from backend.db.models import Run
from backend.dependencies import Bell, Db
from backend.errors import ExperimentNotFound, IdempotencyKeyReused, Invalid, problems
from backend.experiments import repository, service, views
from backend.pages import Cursor, Limit
from backend.queue import Doorbell
from backend.runs.idempotency import Key, create_once, request_hash

router = APIRouter(prefix="/experiments", tags=["experiments"])

_MISSING = problems(ExperimentNotFound)


@router.get("")
def list_experiments(
    db: Db,
    project: Annotated[str | None, Query(max_length=500)] = None,
    q: Annotated[
        str | None, Query(max_length=500, description="Words that name, id or notes contain.")
    ] = None,
    deleted: Annotated[bool, Query(description="The bin instead of the list.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ExperimentSummary]:
    """A page of experiments, newest first."""
    with db.read() as session:
        found, following = repository.page(session, project, q, deleted, limit, cursor)
        return Page(items=views.summaries(session, found), next_cursor=following)


@router.post("/preview")
def preview_experiment(body: ExperimentPlan, db: Db) -> ExperimentPreview:
    """The exact runs that a launch would make, what is wrong with any, and the device time that they are
    expected to take."""
    with db.read() as session:
        return service.preview(session, body)


@router.post("", status_code=201, responses=problems(IdempotencyKeyReused, Invalid))
def create_experiment(
    body: ExperimentCreate, user: CurrentUser, db: Db, bell: Bell, key: Key = None
) -> Experiment:
    """Store an experiment and queue all of its runs, or none."""
    run_id, new = create_once(
        db,
        user.key,
        key,
        request_hash("experiment", body),
        lambda session: service.create(session, body, user.name),
    )
    with db.read() as session:
        first = session.get_one(Run, run_id)
        assert first.experiment_id is not None
        experiment_id = first.experiment_id
    if new:
        _ring(db, bell, experiment_id)
    return _read(db, experiment_id)


@router.get("/{experiment_id}", responses=_MISSING)
def get_experiment(experiment_id: str, db: Db) -> Experiment:
    """An experiment with each of its configurations and runs."""
    return _read(db, experiment_id)


@router.patch("/{experiment_id}", responses=_MISSING)
def update_experiment(experiment_id: str, body: ExperimentUpdate, db: Db) -> Experiment:
    """Edit name or notes; absent and null fields stay as they are."""
    with db.write() as session:
        service.update(session, experiment_id, body)
    return _read(db, experiment_id)


@router.post("/{experiment_id}/stop", responses=_MISSING)
def stop_experiment(
    experiment_id: str, user: CurrentUser, db: Db, body: ExperimentAct | None = None
) -> ExperimentAnswer:
    """Stop every run that has not ended. Repeating it is harmless."""
    act = service.stop(user.name, _reason(body))
    return service.for_each(db, experiment_id, ["stop"], act)


@router.post("/{experiment_id}/pause", responses=_MISSING)
def pause_experiment(
    experiment_id: str, user: CurrentUser, db: Db, body: ExperimentAct | None = None
) -> ExperimentAnswer:
    """Pause every run that can be. Repeating it is harmless."""
    act = service.pause(user.name, _reason(body))
    return service.for_each(db, experiment_id, ["pause"], act)


@router.post("/{experiment_id}/resume", responses=_MISSING)
def resume_experiment(
    experiment_id: str, user: CurrentUser, db: Db, bell: Bell, body: ExperimentAct | None = None
) -> ExperimentAnswer:
    """Queue every paused run. Repeating it is harmless."""
    act = service.resume(user.name, _reason(body))
    return _rung(db, bell, experiment_id, service.for_each(db, experiment_id, ["resume"], act))


@router.post("/{experiment_id}/retry", responses=_MISSING)
def retry_experiment(
    experiment_id: str, user: CurrentUser, db: Db, bell: Bell, body: ExperimentAct | None = None
) -> ExperimentAnswer:
    """Queue every run that failed, was stopped or lost. Repeating it is harmless."""
    act = service.retry(user.name, _reason(body))
    which: Sequence[str] = ["retry"]
    return _rung(db, bell, experiment_id, service.for_each(db, experiment_id, which, act))


@router.delete("/{experiment_id}", responses=_MISSING)
def delete_experiment(experiment_id: str, db: Db) -> ExperimentAnswer:
    """Put the experiment and its runs into the bin, from where they can be restored. Runs that are active
    stay, and so then does the experiment: stop it first."""
    return service.delete(db, experiment_id)


@router.post("/{experiment_id}/restore", responses=_MISSING)
def restore_experiment(experiment_id: str, db: Db, bell: Bell) -> ExperimentAnswer:
    """Take the experiment and its runs out of the bin."""
    return _rung(db, bell, experiment_id, service.restore(db, experiment_id))


def _reason(body: ExperimentAct | None) -> str:
    return body.reason if body is not None else ""


def _read(db: Database, experiment_id: str) -> Experiment:
    with db.read() as session:
        return views.full(session, experiment_id)


def _rung(
    db: Database, bell: Doorbell, experiment_id: str, answer: ExperimentAnswer
) -> ExperimentAnswer:
    _ring(db, bell, experiment_id)
    return answer


def _ring(db: Database, bell: Doorbell, experiment_id: str) -> None:
    with db.read() as session:
        queues = {run.queue for run in repository.runs_of(session, experiment_id)}
    for queue in queues:
        bell.ring(queue)
