"""Waiting for another process to get somewhere, with an end to it."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(
    condition: Callable[[], bool], what: str, *, every: float = 0.01, timeout: float = 120.0
) -> None:
    """Look `every` so many seconds, which is how exact a time taken from it can be.

    Raises:
        TimeoutError: `what` did not happen within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(every)


def says(log: Path, word: str) -> bool:
    """Whether `word` is in a process's output so far."""
    return word in log.read_text()
