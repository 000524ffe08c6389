"""What became of an attempt: the last event it reports."""

import signal
from enum import Enum, auto

from ahora.events import WORKER_LOST, StatusEvent
from ahora.status import RunStatus

REASON = 4000
OUTPUT = 2500
"""Characters of a reason, and of the trainer's output in it."""


class Wanted(Enum):
    """Why a trainer was told to end."""

    NOTHING = auto()
    """It was not."""
    STOP = auto()
    """A user stops the run."""
    SHUTDOWN = auto()
    """The worker goes."""
    ORPHAN = auto()
    """The API could not be reached for too long."""


REQUEUED = {
    Wanted.SHUTDOWN: "The worker was shut down; the run waits for another.",
    Wanted.ORPHAN: "The worker could not reach the API for too long; the run waits again.",
}


def outcome(
    final: StatusEvent | None,
    exit_code: int | None,
    wanted: Wanted,
    *,
    killed: bool = False,
    reason: str = "",
    stderr: str = "",
) -> StatusEvent:
    """The final status of an attempt whose trainer has ended.

    `final` is the trainer's own last word, if it had one; `killed` says that the supervisor killed
    it; `reason` is why a user stopped it; `stderr` are its last lines.
    """
    if final is not None and final.status in (RunStatus.COMPLETED, RunStatus.FAILED):
        return final
    if wanted in REQUEUED:
        return StatusEvent(status=RunStatus.QUEUED, reason=REQUEUED[wanted])
    if final is not None:
        why = f"{reason} {final.reason}".strip()
        return final.model_copy(update={"reason": why[:REASON]})
    if wanted is Wanted.STOP:
        how = (
            "The trainer did not end in time and was killed; the newest checkpoint is kept."
            if killed
            else "The trainer ended before it could save a checkpoint of its last step."
        )
        return StatusEvent(status=RunStatus.STOPPED, reason=f"{reason} {how}".strip()[:REASON])
    return _crash(exit_code, stderr)


def lost_with_worker() -> StatusEvent:
    """The final status of an attempt whose worker was killed and whose trainer had not finished.

    The backend tries again only so often: the run may be what brings its workers down.
    """
    return StatusEvent(
        status=RunStatus.QUEUED,
        error_type=WORKER_LOST,
        reason="The worker ended without warning; the run waits for its next attempt.",
    )


def not_supervised(error: Exception) -> StatusEvent:
    """The final status of an attempt that the worker itself failed at."""
    return StatusEvent(
        status=RunStatus.FAILED,
        error_type="internal",
        reason=f"The worker could not run the trainer: {error!r}"[:REASON],
    )


def _crash(exit_code: int | None, stderr: str) -> StatusEvent:
    if exit_code is not None and exit_code < 0:
        what, error_type = _signal_sentence(-exit_code), "signal"
    else:
        what = f"The trainer ended without saying how the run went (exit code {exit_code})."
        error_type = "internal"
    tail = stderr.strip()
    if tail:
        what = f"{what} Its last output:\n{tail[-OUTPUT:]}"
    return StatusEvent(status=RunStatus.FAILED, error_type=error_type, reason=what[:REASON])


def _signal_sentence(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    killed = f"The trainer was killed by {name}"
    if number == signal.SIGKILL:
        return (
            f"{killed}: most likely the machine ran out of memory. Use a smaller model, "
            "per_device_train_batch_size or generation_batch_size, or run fewer slots."
        )
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGABRT, signal.SIGFPE):
        return f"{killed}: native code in it crashed."
    return f"{killed}, which did not come from Ahora."
