"""What became of an attempt: the last event it reports."""

import signal
from enum import Enum, auto

from ahora.events import SIGNAL, STORE_UNAVAILABLE, WORKER_LOST, StatusEvent
from ahora.status import RunStatus
from worker.inputs import StoreUnavailableError

REASON = 4000
OUTPUT = 2500
"""Characters of a reason, and of the trainer's output in it."""


class Wanted(Enum):
    """Why a trainer was told to end."""

    NOTHING = auto()
    """It was not."""
    STOP = auto()
    """A user stops the run."""
    PAUSE = auto()
    """A user wants the device free and the run kept."""
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
    out_of_memory: bool = False,
) -> StatusEvent:
    """The final status of an attempt whose trainer has ended.

    `final` is the trainer's own last word, if it had one; `exit_code` is None when there was none to
    start yet; `killed` says that the supervisor killed it; `reason` is why a user stopped or paused it;
    `stderr` are its last lines; `out_of_memory` says that the kernel has killed something meanwhile because
    memory ran out.
    """
    if final is not None and final.status in (RunStatus.COMPLETED, RunStatus.FAILED):
        return final
    if wanted in REQUEUED:
        return StatusEvent(status=RunStatus.QUEUED, reason=REQUEUED[wanted])
    if wanted in (Wanted.STOP, Wanted.PAUSE):
        if final is not None:
            how = final.reason
        elif exit_code is None:
            how = "Its trainer had not started."
        elif killed:
            how = "The trainer did not end in time and was killed; the newest checkpoint is kept."
        else:
            how = "The trainer ended before it could save a checkpoint of its last step."
        status = RunStatus.STOPPED if wanted is Wanted.STOP else RunStatus.PAUSED
        return StatusEvent(status=status, reason=_joined(reason, how)[:REASON])
    return final or _crash(exit_code, stderr, out_of_memory)


def _joined(reason: str, how: str) -> str:
    """What a user wrote, and a sentence after it."""
    if reason and how and reason[-1] not in ".!?":
        reason += "."
    return f"{reason} {how}".strip()


def lost_with_worker() -> StatusEvent:
    """The final status of an attempt whose worker was killed and whose trainer had not finished.

    The backend tries again only so often: the run may be what brings its workers down.
    """
    return StatusEvent(
        status=RunStatus.QUEUED,
        error_type=WORKER_LOST,
        reason="The worker ended without warning; the run waits for its next attempt.",
    )


def without_inputs(error: Exception) -> StatusEvent:
    """The final status of an attempt for which the checkpoint it starts from, or the dataset it reads,
    cannot be had.

    When only the store or the server does not answer, the backend tries the run again.
    """
    again = isinstance(error, StoreUnavailableError)
    what = "What it needs cannot be fetched" if again else "What it needs cannot be used"
    return StatusEvent(
        status=RunStatus.FAILED,
        error_type=STORE_UNAVAILABLE if again else "checkpoint_not_found",
        reason=f"{what}: {error}."[:REASON],
    )


def not_supervised(error: Exception) -> StatusEvent:
    """The final status of an attempt that the worker itself failed at."""
    return StatusEvent(
        status=RunStatus.FAILED,
        error_type="internal",
        reason=f"The worker could not run the trainer: {error!r}"[:REASON],
    )


def _crash(exit_code: int | None, stderr: str, out_of_memory: bool) -> StatusEvent:
    if exit_code is not None and exit_code < 0:
        what, error_type = _signal_sentence(-exit_code, out_of_memory), SIGNAL
    else:
        what = f"The trainer ended without saying how the run went (exit code {exit_code})."
        error_type = "internal"
    tail = stderr.strip()
    if tail:
        what = f"{what} Its last output:\n{tail[-OUTPUT:]}"
    return StatusEvent(status=RunStatus.FAILED, error_type=error_type, reason=what[:REASON])


def _signal_sentence(number: int, out_of_memory: bool) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    killed = f"The trainer was killed by {name}"
    if number == signal.SIGKILL:
        why = (
            "the kernel did it because memory ran out"
            if out_of_memory
            else "most likely the machine ran out of memory"
        )
        return (
            f"{killed}: {why}. Use a smaller model, per_device_train_batch_size or "
            "generation_batch_size, or run fewer slots."
        )
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGABRT, signal.SIGFPE):
        return f"{killed}: native code in it crashed."
    return f"{killed}, which did not come from Ahora."
