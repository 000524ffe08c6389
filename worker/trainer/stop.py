"""A stop that is asked for by signal and granted where it harms nothing."""

import signal
from types import FrameType


class StopRequested(Exception):  # noqa: N818 (a stop is no error)
    """The run was asked to stop; the policy is as the last finished step left it."""


class Stop:
    """Whether a stop was asked for."""

    def __init__(self) -> None:
        self.requested = False

    def on_signals(self) -> None:
        """Take SIGTERM and SIGINT as the wish to stop. Main thread only."""
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def check(self) -> None:
        """Raise StopRequested if a stop was asked for. Called wherever work can be abandoned."""
        if self.requested:
            raise StopRequested

    def _ask(self, signal_number: int, frame: FrameType | None) -> None:
        self.requested = True
