"""Routes that change a run's state: each answers 409 with what is possible when this is not."""

from collections.abc import Callable

from fastapi import APIRouter
from sqlalchemy.orm import Session

from ahora.schemas.runs import PauseRequest, ResumeRequest, RetryRequest, Run, StopRequest
from ahora.status import RunStatus
from backend.auth.principal import CurrentUser
from backend.db import Database
from backend.dependencies import Bell, Db
from backend.errors import IllegalChange, RunNotFound, problems
from backend.queue import Doorbell
from backend.runs import control, repository, views
from backend.workers.waiting import Waiting

router = APIRouter(prefix="/runs/{run_id}", tags=["runs"])

_ERRORS = problems(RunNotFound, IllegalChange)


@router.post("/stop", responses=_ERRORS)
def stop_run(
    run_id: str, user: CurrentUser, db: Db, bell: Bell, body: StopRequest | None = None
) -> Run:
    """Stop a run: its worker saves a checkpoint of the last step first. Repeating it is harmless."""
    return _after(db, bell, run_id, lambda s: control.stop(s, run_id, user.name, _reason(body)))


@router.post("/pause", responses=_ERRORS)
def pause_run(
    run_id: str, user: CurrentUser, db: Db, bell: Bell, body: PauseRequest | None = None
) -> Run:
    """Free the run's device: its worker saves a checkpoint of the last step first. Repeating it is
    harmless."""
    return _after(db, bell, run_id, lambda s: control.pause(s, run_id, user.name, _reason(body)))


@router.post("/resume", responses=_ERRORS)
def resume_run(
    run_id: str, user: CurrentUser, db: Db, bell: Bell, body: ResumeRequest | None = None
) -> Run:
    """Queue a paused run: it goes on from its newest checkpoint. Repeating it is harmless."""
    return _after(db, bell, run_id, lambda s: control.resume(s, run_id, user.name, _reason(body)))


@router.post("/retry", responses=_ERRORS)
def retry_run(
    run_id: str, user: CurrentUser, db: Db, bell: Bell, body: RetryRequest | None = None
) -> Run:
    """Queue a run that failed, was stopped or lost: it goes on from its newest checkpoint, or begins
    anew. Repeating it is harmless."""
    given = body or RetryRequest()
    return _after(db, bell, run_id, lambda s: control.retry(s, run_id, user.name, given))


def _reason(body: StopRequest | PauseRequest | ResumeRequest | None) -> str:
    return body.reason if body is not None else ""


def _after(db: Database, bell: Doorbell, run_id: str, act: Callable[[Session], None]) -> Run:
    with db.write() as session:
        act(session)
        run = views.full(repository.get_full(session, run_id), Waiting(session))
    if run.status == RunStatus.QUEUED:
        bell.ring(run.queue)
    return run
