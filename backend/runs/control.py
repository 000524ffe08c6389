"""What users do to a run's state: pause, resume, stop, try again.

Each is decided under the run's lock and legal only as `ahora.status` says: what has happened meanwhile
(a run that ends, a worker that is lost) decides, and the error says what is possible instead. Each may be
repeated: a run that is already where it is wanted stays as it is.
"""

from sqlalchemy.orm import Session

from ahora.schemas.runs import RetryRequest
from ahora.status import ACTIVE, Actor, RunStatus, may_change
from backend.db.models import Run
from backend.errors import IllegalChange
from backend.runs.journal import append_stream
from backend.runs.transitions import change_status, lock_run
from backend.runs.views import actions
from backend.workers.inputs import store_needed

GOING = frozenset({RunStatus.QUEUED, RunStatus.STARTING, RunStatus.RUNNING})
"""States of a run that goes on, or will."""


def stop(session: Session, run_id: str, by: str, reason: str) -> None:
    """See that a run ends: at once when nobody works on it, else through its worker.

    Raises `IllegalChange` when it has ended otherwise.
    """
    run = lock_run(session, run_id)
    if run.status in {RunStatus.STOPPING, RunStatus.STOPPED}:
        return
    unstarted = " before it started" if run.attempt_number == 0 else ""
    held = run.status in ACTIVE
    target = RunStatus.STOPPING if held else RunStatus.STOPPED
    _change(session, run, target, by, reason or f"Stopped by {by}{unstarted}.", "stopped")
    if held:
        run.desired, run.desired_reason = "stop", run.status_reason


def pause(session: Session, run_id: str, by: str, reason: str, actor: Actor = Actor.USER) -> None:
    """Free the run's device and keep its newest checkpoint: at once when nobody works on it, else
    through its worker. Raises `IllegalChange`."""
    run = lock_run(session, run_id)
    if run.status in {RunStatus.PAUSING, RunStatus.PAUSED}:
        return
    if run.kind != "train":
        raise _refusal(run, "paused, being a job on a checkpoint")
    held = run.status in ACTIVE
    target = RunStatus.PAUSING if held else RunStatus.PAUSED
    _change(session, run, target, by, reason or f"Paused by {by}.", "paused", actor)
    if held:
        run.desired, run.desired_reason = "pause", run.status_reason


def resume(session: Session, run_id: str, by: str, reason: str) -> None:
    """Queue a paused run: its next attempt goes on from the newest checkpoint. Raises `IllegalChange`."""
    run = lock_run(session, run_id)
    if run.status in GOING and run.deleted_at is None:
        return
    if run.status != RunStatus.PAUSED:
        raise _refusal(run, "resumed")
    _queue(session, run, by, reason or f"Resumed by {by}.", "resumed")


def retry(session: Session, run_id: str, by: str, body: RetryRequest) -> None:
    """Queue a run that failed, was stopped or lost: its next attempt goes on from the newest checkpoint,
    or begins anew. A queued one waits no longer for its time, and may still be told to begin anew.

    Raises `IllegalChange`.
    """
    run = lock_run(session, run_id)
    if run.status in GOING and run.deleted_at is None:
        if run.status == RunStatus.QUEUED:
            _hurry(session, run, body.from_start)
        return
    if run.status == RunStatus.PAUSED:
        raise _refusal(run, "tried again")
    run.fresh_start = body.from_start
    begins = " from the start" if body.from_start else ""
    _queue(session, run, by, body.reason or f"Tried again{begins} by {by}.", "tried again")


def _queue(session: Session, run: Run, by: str, reason: str, done: str) -> None:
    _change(session, run, RunStatus.QUEUED, by, reason, done)
    run.tries_from = run.attempt_number


def _hurry(session: Session, run: Run, from_start: bool) -> None:
    if run.not_before is None and not (from_start and not run.fresh_start):
        return
    run.not_before = None
    if from_start:
        run.fresh_start = True
        run.needs_store = store_needed(session, run)
    append_stream(session, run, "run")


def _change(
    session: Session,
    run: Run,
    target: RunStatus,
    by: str,
    reason: str,
    done: str,
    actor: Actor = Actor.USER,
) -> None:
    binned = run.deleted_at is not None and target != RunStatus.STOPPED
    if binned or not may_change(run.status, target, actor):
        raise _refusal(run, done)
    change_status(session, run, target, actor=actor, actor_name=by, reason=reason)


def _refusal(run: Run, done: str) -> IllegalChange:
    state = "in the bin" if run.deleted_at is not None else str(run.status)
    return IllegalChange(
        f"The run {run.name!r} is {state}: it cannot be {done} now. Possible are: "
        f"{', '.join(actions(run))}."
    )
