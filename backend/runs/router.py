"""Routes of runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from sqlalchemy.orm import Session

from ahora.schemas.runs import (
    Run,
    RunClone,
    RunCreate,
    RunUpdate,
    StatusChange,
)
from ahora.status import RunStatus
from backend.auth.principal import CurrentUser
from backend.db import Database
from backend.dependencies import Bell, Db
from backend.errors import (
    IdempotencyKeyReused,
    NotATrainingRun,
    PreconditionFailed,
    RunIsActive,
    RunNotFound,
    problems,
)
from backend.runs import repository, service, views
from backend.runs.idempotency import Key, create_once, request_hash
from backend.runs.transitions import lock_run
from backend.workers.waiting import Waiting

router = APIRouter(prefix="/runs", tags=["runs"])

_ETAG: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "For If-Match."}}}
}


@router.post("", status_code=201, responses=problems(IdempotencyKeyReused))
def create_run(body: RunCreate, user: CurrentUser, db: Db, bell: Bell, key: Key = None) -> Run:
    """Store a run and queue it."""
    run_id, new = create_once(
        db,
        user.key,
        key,
        request_hash("create", body),
        lambda session: service.create(session, body, user.name),
    )
    run = _read(db, run_id)
    if new:
        bell.ring(run.queue)
    return run


@router.get("/{run_id}", responses=problems(RunNotFound) | _ETAG)
def get_run(run_id: str, db: Db, response: Response) -> Run:
    """A run with its configuration and attempts."""
    return _with_etag(_read(db, run_id), response)


@router.patch("/{run_id}", responses=problems(RunNotFound, PreconditionFailed) | _ETAG)
def update_run(
    run_id: str,
    body: RunUpdate,
    user: CurrentUser,
    db: Db,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="ETag of the version that is edited.", max_length=500)
    ] = None,
) -> Run:
    """Edit name, project, tags, notes or priority; absent and null fields stay as they are."""
    with db.write() as session:
        service.update(session, run_id, body, if_match, user.name)
        run = _full(session, run_id)
    return _with_etag(run, response)


@router.delete("/{run_id}", status_code=204, responses=problems(RunNotFound, RunIsActive))
def delete_run(run_id: str, db: Db) -> None:
    """Put a run into the bin, from where it can be restored."""
    with db.write() as session:
        service.delete(session, lock_run(session, run_id))


@router.post("/{run_id}/restore", responses=problems(RunNotFound))
def restore_run(run_id: str, db: Db, bell: Bell) -> Run:
    """Take a run out of the bin; one that was waiting waits again."""
    with db.write() as session:
        service.restore(session, lock_run(session, run_id))
        run = _full(session, run_id)
    if run.status == RunStatus.QUEUED:
        bell.ring(run.queue)
    return run


@router.post(
    "/{run_id}/clone",
    status_code=201,
    responses=problems(RunNotFound, NotATrainingRun, IdempotencyKeyReused),
)
def clone_run(
    run_id: str, body: RunClone, user: CurrentUser, db: Db, bell: Bell, key: Key = None
) -> Run:
    """A new run from this one's configuration, with changes."""
    made, new = create_once(
        db,
        user.key,
        key,
        request_hash(f"clone {run_id}", body),
        lambda session: service.clone(session, run_id, body, user.name),
    )
    run = _read(db, made)
    if new:
        bell.ring(run.queue)
    return run


@router.get("/{run_id}/timeline", responses=problems(RunNotFound))
def get_timeline(run_id: str, db: Db) -> list[StatusChange]:
    """Every change of the run's state, oldest first."""
    with db.read() as session:
        repository.require_run(session, run_id)
        return [views.change(row) for row in repository.timeline(session, run_id)]


def _read(db: Database, run_id: str) -> Run:
    with db.read() as session:
        return _full(session, run_id)


def _full(session: Session, run_id: str) -> Run:
    return views.full(repository.get_full(session, run_id), Waiting(session))


def _with_etag(run: Run, response: Response) -> Run:
    response.headers["ETag"] = f'"{run.version}"'
    return run
