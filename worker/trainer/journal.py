"""Writes what happens to ``events.jsonl``, one event a line, at once.

When the disk is full, a run waits for room: it could train on, but nobody would ever learn how.
"""

import errno
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Literal

from ahora.events import Event, LogEvent, ProgressEvent, StatusEvent
from ahora.status import RunStatus
from worker.trainer.errors import RunError
from worker.trainer.stop import Stop

Phase = Literal["setup", "pretraining", "evaluating", "training", "saving", "sampling"]
Level = Literal["debug", "info", "warning", "error"]

FULL_PATIENCE = 600.0
"""Seconds that a run waits for room on a full disk."""
_FIRST_PAUSE, _LONGEST_PAUSE, _TICK = 0.5, 10.0, 0.1
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PROGRESS_INTERVAL = 1.0
"""Seconds between two reports of the same phase."""
_MAX_MESSAGE = 20_000
_MAX_REASON = 4000


class Journal:
    """The event file of one attempt; a context manager.

    Raises RunError `output_exists` when there is one already, unless it is to `go_on` with it.
    """

    def __init__(self, path: Path, stop: Stop, *, go_on: bool = False) -> None:
        if go_on:
            _drop_torn_line(path)
        try:
            self._file = path.open("ab" if go_on else "xb", buffering=0)
        except FileExistsError as error:
            raise RunError(
                "output_exists",
                f"{path} already holds the events of a run: give an empty folder, or --resume",
            ) from error
        self._stop = stop
        self._patience = FULL_PATIENCE
        self._phase = ("", "")
        self._last_progress = 0.0

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, event: Event) -> None:
        """Append one event; it is in the file when this returns.

        Raises RunError `disk_full` after waiting `FULL_PATIENCE` seconds for room, or when the run is
        asked to stop while it waits.
        """
        left = memoryview(event.line().encode() + b"\n")
        pause = _FIRST_PAUSE
        while left:
            try:
                left = left[self._file.write(left) :]
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                self._wait(pause, error)
                pause = min(2 * pause, _LONGEST_PAUSE)
        self._patience = FULL_PATIENCE

    def _wait(self, seconds: float, error: OSError) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stop.requested:
            time.sleep(_TICK)
        self._patience -= seconds
        if self._patience <= 0 or self._stop.requested:
            self._patience = 0.0  # whoever tries once more need not wait again
            raise RunError(
                "disk_full",
                f"events.jsonl cannot be written ({error.strerror}): free space on the worker's disk, "
                "then resume the run",
            ) from error

    def log(self, level: Level, message: str) -> None:
        """A line for people."""
        self.write(LogEvent(level=level, message=message[:_MAX_MESSAGE]))

    def progress(self, phase: Phase, message: str = "", step: int = 0, total: int = 0) -> None:
        """What is being done now: written when that changes, at its end, and once a second."""
        now = time.monotonic()
        due = now - self._last_progress >= _PROGRESS_INTERVAL
        if due or (phase, message) != self._phase or (total and step >= total):
            self.write(ProgressEvent(phase=phase, message=message, step=step, total=total))
            self._phase, self._last_progress = (phase, message), now

    def status(
        self,
        status: Literal[
            RunStatus.RUNNING, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.STOPPED
        ],
        reason: str = "",
        error_type: str = "",
    ) -> None:
        """A change of the run's state."""
        self.write(StatusEvent(status=status, reason=reason[:_MAX_REASON], error_type=error_type))


def _drop_torn_line(path: Path) -> None:
    """Cut off what a killed run left of a line it did not finish."""
    if not path.exists():
        return
    content = path.read_bytes()
    os.truncate(path, content.rfind(b"\n") + 1)
