"""Aggregate functions that PostgreSQL has and SQLite lacks."""

import math


class SampleDeviation:
    """PostgreSQL's `stddev_samp`: null below two values (Welford's method, stable far from zero)."""

    def __init__(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0

    def step(self, value: float | None) -> None:
        """Take a row's value."""
        if value is None:
            return
        self._count += 1
        distance = value - self._mean
        self._mean += distance / self._count
        self._squares += distance * (value - self._mean)

    def finalize(self) -> float | None:
        """The answer."""
        return math.sqrt(self._squares / (self._count - 1)) if self._count > 1 else None
