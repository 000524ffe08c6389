"""Writes what happens to ``events.jsonl``, one event a line, at once."""

import time
from pathlib import Path
from types import TracebackType
from typing import Literal

from ahora.events import Event, LogEvent, ProgressEvent, StatusEvent
from ahora.status import RunStatus
from worker.trainer.errors import RunError

Phase = Literal["setup", "pretraining", "evaluating", "training", "saving", "sampling"]
Level = Literal["debug", "info", "warning", "error"]

_PROGRESS_INTERVAL = 1.0
"""Seconds between two reports of the same phase."""
_MAX_MESSAGE = 20_000
_MAX_REASON = 4000


class Journal:
    """The event file of one attempt; a context manager."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("x", encoding="utf-8")
        except FileExistsError as error:
            raise RunError(
                "output_exists", f"{path} already holds the events of a run: give an empty folder"
            ) from error
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
        """Append one event; it is in the file when this returns."""
        self._file.write(event.line() + "\n")
        self._file.flush()

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
