"""Points of a metric series as packed binary records, and how attempts make up one series.

A record is 32 bytes, little-endian, so that appending to a packed series is joining bytes. NaN and
infinities keep their bits. No pickle: the layout is this file.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ahora.events import MetricsEvent, SystemEvent

POINT = np.dtype([("step", "<i8"), ("value", "<f8"), ("elapsed", "<f8"), ("tokens", "<i8")])
"""One point: step, value, seconds of training time, tokens processed so far."""

Points: TypeAlias = npt.NDArray[np.void]
"""A one-dimensional array of `POINT` records."""


def by_key(events: Iterable[MetricsEvent]) -> dict[str, Points]:
    """The points of `events`, grouped by metric name, in the order they were reported."""
    rows: dict[str, list[tuple[int, float, float, int]]] = {}
    for event in events:
        for key, value in event.values.items():
            rows.setdefault(key, []).append((event.step, value, event.elapsed, event.tokens))
    return {key: np.array(points, dtype=POINT) for key, points in rows.items()}


def by_key_over_time(events: Iterable[SystemEvent], offset: float) -> dict[str, Points]:
    """The samples of `events` as points: their steps are seconds since the run's first start, `offset`
    seconds before the attempt's."""
    rows: dict[str, list[tuple[int, float, float, int]]] = {}
    for event in events:
        elapsed = offset + event.elapsed
        for key, value in event.values.items():
            rows.setdefault(key, []).append((int(elapsed), value, elapsed, 0))
    return {key: np.array(points, dtype=POINT) for key, points in rows.items()}


def pack(points: Points) -> bytes:
    """The records as bytes."""
    return points.tobytes()


def unpack(chunks: Sequence[bytes]) -> Points:
    """The records of packed chunks, one after the other; raises ValueError on a torn record."""
    return np.frombuffer(b"".join(chunks), dtype=POINT)


def in_order(points: Points) -> Points:
    """Sorted by step with one point a step: where a step was reported twice, the last report."""
    steps = points["step"]
    if len(points) < 2 or bool((steps[1:] > steps[:-1]).all()):
        return points
    ordered: Points = points[np.argsort(steps, kind="stable")]
    steps = ordered["step"]
    last_of_step: Points = ordered[np.append(steps[1:] != steps[:-1], True)]
    return last_of_step


def merge(attempts: Mapping[int, Points], limits: Mapping[int, int]) -> Points:
    """One series from the points of each attempt (by number), up to each attempt's last valid step
    (`backend.events.superseded`)."""
    parts = [
        points[points["step"] <= limits[number]] if number in limits else points
        for number, points in sorted(attempts.items())
    ]
    return in_order(parts[0] if len(parts) == 1 else np.concatenate(parts))
