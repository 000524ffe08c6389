"""How long the parts of a step take."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Clock:
    """Seconds spent in named parts since the last `restart`."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._started = time.perf_counter()
        self._spent: dict[str, float] = defaultdict(float)

    def restart(self) -> None:
        """Begin a step."""
        self._spent.clear()
        self._started = self._now()

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Add the time of the block to `part`."""
        before = self._now()
        try:
            yield
        finally:
            self._spent[part] += self._now() - before

    def spent(self, part: str) -> float:
        """Seconds spent in `part`."""
        return self._spent[part]

    def elapsed(self) -> float:
        """Seconds since `restart`."""
        return self._now() - self._started

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)  # kernels run behind the program's back
        return time.perf_counter()
