"""A stop that is asked for by signal and granted where it harms nothing."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

FINISH_SECONDS = 20.0
"""A step that has changed the policy is finished within so many seconds after a stop was asked for, or
given up together with what came after the newest checkpoint."""


class StopRequested(Exception):  # noqa: N818 (a stop is no error)
    """The run was asked to stop; the policy is as the last finished step left it."""


class StepGivenUp(StopRequested):
    """The run was asked to stop in a step that took too long to finish; the policy is between two steps."""


class Stop:
    """Whether a stop was asked for."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._at_once = False

    def on_signals(self) -> None:
        """Take SIGTERM and SIGINT as the wish to stop. Main thread only."""
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    @property
    def requested(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked_at is not None

    def request(self) -> None:
        """Ask for a stop, as the signals do."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()

    def check(self) -> None:
        """Raise StopRequested if a stop was asked for. Called wherever work can be abandoned."""
        if self.requested:
            raise StopRequested

    def check_late(self) -> None:
        """The same where work should rather be finished: only after `FINISH_SECONDS`, StepGivenUp."""
        if self._asked_at is not None and time.monotonic() - self._asked_at > FINISH_SECONDS:
            raise StepGivenUp

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Where nothing needs saving: a stop interrupts whatever the block is doing."""
        self._at_once = True
        try:
            self.check()
            yield
        finally:
            self._at_once = False
        self.check()

    def _ask(self, signal_number: int, frame: FrameType | None) -> None:
        self.request()
        if self._at_once:
            raise StopRequested
