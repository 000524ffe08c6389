"""When a process that died is started again, and when that is given up."""

import time
from collections import defaultdict
from collections.abc import Callable

WINDOW = 120.0
"""Seconds over which deaths are counted."""
MOST = 5
"""Deaths within the window after which a process is given up."""
LONGEST = 8.0


class Restarts:
    """Restarts with exponential backoff.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaths: dict[str, list[float]] = defaultdict(list)
        self._due: dict[str, float] = {}

    def plan(self, name: str) -> float | None:
        """A process died: seconds until it is started again; None when it died too often."""
        now = self._clock()
        recent = [at for at in self._deaths[name] if now - at < WINDOW]
        self._deaths[name] = [*recent, now]
        if len(recent) + 1 > MOST:
            return None
        pause = float(min(0.5 * 2 ** len(recent), LONGEST))
        self._due[name] = now + pause
        return pause

    def is_due(self, name: str) -> bool:
        """Whether a restart of it is planned."""
        return name in self._due

    def next_in(self) -> float | None:
        """Seconds until the next restart; None when none is planned."""
        if not self._due:
            return None
        return max(0.0, min(self._due.values()) - self._clock())

    def due(self) -> list[str]:
        """Those whose time has come, each once."""
        now = self._clock()
        ready = [name for name, at in self._due.items() if at <= now]
        for name in ready:
            del self._due[name]
        return ready
