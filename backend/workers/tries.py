"""How often a run is tried again by itself, and after how long.

Tried again is what may work elsewhere or later: an attempt that was lost with its worker, one whose
trainer was killed by a signal (mostly for lack of memory), and one that could not read its checkpoint
because the store did not answer. Each counts towards `resources.max_attempts`, and the wait grows.
A failure that the trainer explained would come again: the run fails at once. What a worker gives back in
order (a shutdown, an update) does not count and waits for nothing. A user's retry or resume starts
the count anew.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from ahora.events import SIGNAL, STORE_UNAVAILABLE, WORKER_LOST
from ahora.status import Actor, RunStatus
from backend.db import after_commit, clock
from backend.db.models import Run
from backend.queue import Doorbell
from backend.runs.repository import count_tries
from backend.runs.transitions import change_status

COUNTED = frozenset({WORKER_LOST, SIGNAL, STORE_UNAVAILABLE})
"""Types of errors after which an attempt is tried again."""

DELAYS = (0.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before the next try by the number of tries so far, at the default lease of 30 s: a deployment
that finds lost workers sooner also tries again sooner."""
_DEFAULT_LEASE = 30.0


def delay(tries: int, lease: float) -> timedelta:
    """How long a run waits after so many tries."""
    seconds = DELAYS[min(max(tries, 1), len(DELAYS)) - 1]
    return timedelta(seconds=seconds * min(1.0, lease / _DEFAULT_LEASE))


def try_again(
    session: Session,
    run: Run,
    *,
    actor: Actor,
    actor_name: str,
    reason: str,
    error_type: str,
    doorbell: Doorbell | None,
    lease: float,
) -> None:
    """Queue the locked `run`, whose newest attempt has ended for `reason` and is closed, or fail it
    after too many tries."""
    session.flush()
    tries = count_tries(session, run, COUNTED)
    if tries >= run.max_attempts:
        why = _given_up(tries, reason, error_type)
        change_status(
            session, run, RunStatus.FAILED, actor=actor, actor_name=actor_name, reason=why
        )
        return
    wait = delay(tries, lease)
    when = f"in {wait.total_seconds():.0f} s" if wait else "now"
    why = f"{reason} It is tried again {when} ({tries} of {run.max_attempts} tries used)."
    change_status(session, run, RunStatus.QUEUED, actor=actor, actor_name=actor_name, reason=why)
    if wait:
        run.not_before = clock.read_in(session, wait)
    elif doorbell is not None:
        queue = run.queue
        after_commit(session, lambda: doorbell.ring(queue))


def _given_up(tries: int, reason: str, error_type: str) -> str:
    times = "once" if tries == 1 else f"{tries} times"
    given_up = f"Tried {times}, and resources.max_attempts allows no more."
    if error_type == WORKER_LOST:
        return (
            f"{given_up} The last time its worker was lost: look at the worker's log and memory (running "
            "out of it is the most likely cause), then retry the run."
        )
    return f"{given_up} The last time: {reason}"
