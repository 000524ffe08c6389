"""Fencing: a worker's write counts only while its attempt is the run's newest one.

Use in a route of an attempt::

    def append_events(caller: CurrentAttempt, db: Db, ...) -> AttemptOrders:
        with db.write() as session:
            run, attempt = lock_attempt(session, caller)  # 409 once a newer attempt was claimed
            ...                                           # a repeated batch is fine here
            require_open(session, run, attempt)           # before anything new is stored
            ...
            return orders(run, attempt)
"""

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials
from sqlalchemy import select
from sqlalchemy.orm import Session

from ahora.events import WORKER_LOST
from ahora.schemas.workers import AttemptOrders
from ahora.status import ACTIVE, Actor, RunStatus
from backend.auth.bearer import ATTEMPT_BEARER
from backend.auth.secrets import digest
from backend.db import after_commit, utcnow
from backend.db.models import Attempt, Run
from backend.dependencies import Db
from backend.errors import StaleAttempt, Unauthorized
from backend.queue import Doorbell
from backend.runs.repository import count_lost
from backend.runs.transitions import change_status, lock_run
from backend.workers.tries import no_more_tries


@dataclass(frozen=True)
class AttemptCaller:
    """The attempt whose token a request carries."""

    attempt_id: str
    run_id: str
    number: int


def current_attempt(
    attempt_id: str,
    db: Db,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(ATTEMPT_BEARER)],
) -> AttemptCaller:
    """The attempt of the path, if the request carries its token; 401 otherwise."""
    with db.read() as session:
        attempt = session.get(Attempt, attempt_id)
    sent = digest(credentials.credentials) if credentials is not None else ""
    if attempt is None or not hmac.compare_digest(attempt.token_hash, sent):
        raise Unauthorized("Send the token of this attempt as 'Authorization: Bearer TOKEN'.")
    return AttemptCaller(attempt_id=attempt.id, run_id=attempt.run_id, number=attempt.number)


CurrentAttempt = Annotated[AttemptCaller, Depends(current_attempt)]


def lock_attempt(session: Session, caller: AttemptCaller) -> tuple[Run, Attempt]:
    """Lock the run and read the attempt; `StaleAttempt` once a newer one was claimed."""
    run = lock_run(session, caller.run_id)
    query = select(Attempt).where(Attempt.id == caller.attempt_id)
    attempt = session.scalars(query.execution_options(populate_existing=True)).one()
    if attempt.number != run.attempt_number:
        raise StaleAttempt(
            f"Attempt {attempt.number} of the run {run.name!r} is over: attempt "
            f"{run.attempt_number} took its place. Stop its trainer."
        )
    return run, attempt


def require_open(session: Session, run: Run, attempt: Attempt) -> None:
    """Refuse an attempt that ended (`StaleAttempt`); one that was only thought lost goes on.

    `run` must be locked. An attempt that was lost returns as long as no newer one was claimed, also
    when the run waits in its queue again.
    """
    if attempt.status == "active" and run.status in ACTIVE:
        return
    back = run.status in {RunStatus.LOST, RunStatus.QUEUED} and run.deleted_at is None
    if attempt.status != "lost" or not back:
        raise StaleAttempt(
            f"Attempt {attempt.number} of the run {run.name!r} has ended ({attempt.status}) and the "
            f"run is {run.status}. Stop its trainer."
        )
    attempt.status, attempt.reason, attempt.finished_at = "active", "", None
    change_status(
        session,
        run,
        RunStatus.RUNNING,
        actor=Actor.WORKER,
        actor_name=attempt.worker,
        reason="The worker that was thought lost reported again.",
    )
    run.worker = attempt.worker


def report_status(
    session: Session,
    run: Run,
    attempt: Attempt,
    status: RunStatus,
    *,
    reason: str = "",
    error_type: str = "",
    doorbell: Doorbell | None = None,
) -> None:
    """Carry out what the job says about itself (`ahora.events.StatusEvent`).

    `run` must be locked and `attempt` open. RUNNING while the run is being stopped changes nothing.
    A job that gives its run back to the queue (QUEUED) while a stop was asked for has stopped; one
    whose worker was lost (`ahora.events.WORKER_LOST`) is tried only so often.
    """
    if status == RunStatus.RUNNING:
        if run.status != RunStatus.STARTING:
            return
    elif status == RunStatus.QUEUED and run.status == RunStatus.STOPPING:
        status = RunStatus.STOPPED
    # "requeued" also when lost: whoever still speaks for the attempt must not bring it back
    ending, why = "requeued" if status == RunStatus.QUEUED else status.value, reason
    if status == RunStatus.QUEUED and error_type == WORKER_LOST:
        given_up = no_more_tries(run, count_lost(session, run.id) + 1)
        if given_up is not None:
            status, why = RunStatus.FAILED, given_up
    change_status(session, run, status, actor=Actor.WORKER, actor_name=attempt.worker, reason=why)
    if status == RunStatus.RUNNING:
        return
    close_attempt(attempt, ending, reason=reason, error_type=error_type)
    if status == RunStatus.QUEUED and doorbell is not None:
        queue = run.queue
        after_commit(session, lambda: doorbell.ring(queue))


def close_attempt(attempt: Attempt, status: str, *, reason: str, error_type: str = "") -> None:
    """The attempt is over; `status` is one of `ahora.schemas.runs.Attempt.status`."""
    attempt.status, attempt.reason, attempt.error_type = status, reason, error_type
    attempt.finished_at = utcnow()


def orders(run: Run, attempt: Attempt) -> AttemptOrders:
    """What the backend wants of the attempt now."""
    return AttemptOrders.model_validate(
        {"desired": run.desired, "reason": run.desired_reason, "last_seq": attempt.last_seq}
    )


def attempt_heartbeat_received(
    session: Session, caller: AttemptCaller, counter: int
) -> AttemptOrders:
    """Take a heartbeat; `StaleAttempt` when the attempt is over."""
    run, attempt = lock_attempt(session, caller)
    require_open(session, run, attempt)
    attempt.counter = max(attempt.counter, counter)
    return orders(run, attempt)
