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
from functools import partial
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials
from sqlalchemy import select
from sqlalchemy.orm import Session

from ahora.schemas.workers import AttemptOrders
from ahora.status import ACTIVE, Actor, RunStatus
from backend.auth.bearer import ATTEMPT_BEARER
from backend.auth.secrets import digest
from backend.db import after_commit, utcnow
from backend.db.models import Attempt, Run
from backend.dependencies import Db
from backend.errors import StaleAttempt, Unauthorized
from backend.queue import Doorbell
from backend.runs.transitions import change_status, lock_run
from backend.workers.tries import COUNTED, try_again


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
    back = back and not run.fresh_start  # a user wants it to begin anew
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
    run.worker, run.not_before = attempt.worker, None


def report_status(
    session: Session,
    run: Run,
    attempt: Attempt,
    status: RunStatus,
    *,
    lease: float,
    reason: str = "",
    error_type: str = "",
    doorbell: Doorbell | None = None,
) -> None:
    """Carry out what the job says about itself (`ahora.events.StatusEvent`).

    `run` must be locked and `attempt` open. RUNNING while the run is being stopped or paused changes
    nothing. What ends a job otherwise than a user wants it by now ends it as wanted: one that gives its
    run back while that is stopped has stopped, one that stopped while it is paused is paused. What may
    work at another try is tried again (`backend.workers.tries`).
    """
    change = partial(change_status, session, run, actor=Actor.WORKER, actor_name=attempt.worker)
    if status == RunStatus.RUNNING:
        if run.status == RunStatus.STARTING:
            step = attempt.start_step
            change(
                status,
                reason=reason
                or (f"It goes on from the checkpoint of step {step}." if step else ""),
            )
        return
    again = error_type in COUNTED and status in {RunStatus.QUEUED, RunStatus.FAILED}
    if run.status in _WANTED and (again or status in _GIVEN_BACK):
        status = _WANTED[run.status]
    # "requeued" also when lost: whoever still speaks for the attempt must not bring it back
    ending = "requeued" if status == RunStatus.QUEUED else status.value
    if again and run.status not in _WANTED:
        close_attempt(attempt, ending, reason=reason, error_type=error_type)
        try_again(
            session,
            run,
            actor=Actor.WORKER,
            actor_name=attempt.worker,
            reason=reason,
            error_type=error_type,
            doorbell=doorbell,
            lease=lease,
        )
        return
    change(status, reason=reason)
    close_attempt(attempt, ending, reason=reason, error_type=error_type)
    if status == RunStatus.QUEUED and doorbell is not None:
        queue = run.queue
        after_commit(session, lambda: doorbell.ring(queue))


_GIVEN_BACK = frozenset({RunStatus.QUEUED, RunStatus.STOPPED, RunStatus.PAUSED})
"""Ends of a job that is not finished and has not failed."""
_WANTED = {RunStatus.STOPPING: RunStatus.STOPPED, RunStatus.PAUSING: RunStatus.PAUSED}
"""What becomes of such a job, by what a user wants of the run at that time."""


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
