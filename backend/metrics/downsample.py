"""Fewer points for a chart, without losing a peak, a dip, a gap or the newest value."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.metrics.points import Points


def downsample(points: Points, max_points: int) -> Points:
    """About `max_points` of `points` (n,), in their order; all of them when there are no more.

    Buckets hold equally many neighbouring points. Of each bucket its finite minimum and maximum are
    kept and, where it has any, one value that is not finite, so that a gap stays visible; of the
    whole its first and last point. At most ``max(max_points, 3) + 2`` points come back.
    """
    n = len(points)
    if n <= max_points:
        return points
    values = points["value"]
    finite = np.isfinite(values)
    each = 2 if bool(finite.all()) else 3
    width = -(-n // max(1, max_points // each))
    buckets = -(-n // width)
    padded = buckets * width
    starts = np.arange(buckets) * width

    def rows_of(fill: float) -> npt.NDArray[np.float64]:
        """Values in rows of one bucket; what is not finite never wins against what is."""
        rows = np.full(padded, fill)
        rows[:n] = np.where(finite, values, fill)
        return rows.reshape(buckets, width)

    keep = [
        np.array([0, n - 1]),
        starts + rows_of(np.inf).argmin(axis=1),
        starts + rows_of(-np.inf).argmax(axis=1),
    ]
    if each == 3:
        missing = np.zeros(padded, dtype=bool)
        missing[:n] = ~finite
        gaps = missing.reshape(buckets, width)
        keep.append((starts + gaps.argmax(axis=1))[gaps.any(axis=1)])
    kept: Points = points[np.unique(np.concatenate(keep))]
    return kept


@dataclass(frozen=True)
class Envelope:
    """A series in few points, each with the range of what it stands for."""

    points: Points
    """(m,), in the order of steps; a point's value is the mean of its bucket."""
    low: npt.NDArray[np.float64]
    """(m,), the least value of the bucket; the value itself where a point stands for itself."""
    high: npt.NDArray[np.float64]
    """(m,), the greatest."""


def envelope(points: Points, max_points: int) -> Envelope:
    """About `max_points` buckets of equally many neighbouring points of `points` (n,).

    A bucket is the mean of its finite values, at its last finite point, with their minimum and maximum.
    First and last point stay as they are, and a bucket with values that are not finite keeps the first
    of them too, so that a gap stays visible. At most ``2 * max(max_points, 3)`` points come back; all of
    them as they are when there are no more than `max_points`.
    """
    n = len(points)
    if n <= max(max_points, 3):
        values = points["value"]
        return Envelope(points, values, values)
    inner = points[1:-1]
    values = inner["value"]
    finite = np.isfinite(values)
    width = -(-len(inner) // max(1, max_points - 2))
    starts = np.arange(0, len(inner), width)
    places = np.arange(len(inner))
    count = np.add.reduceat(finite, starts, dtype=np.int64)
    share = values / np.repeat(np.maximum(count, 1), width)[: len(inner)]  # no overflow in the sum
    with np.errstate(over="ignore"):
        means = np.add.reduceat(np.where(finite, share, 0.0), starts)
    lows = np.minimum.reduceat(np.where(finite, values, np.inf), starts)
    highs = np.maximum.reduceat(np.where(finite, values, -np.inf), starts)
    at = np.maximum.reduceat(np.where(finite, places, -1), starts)
    gaps = np.minimum.reduceat(np.where(finite, len(inner), places), starts)
    has, missing = count > 0, gaps[gaps < len(inner)]

    kept = inner[at[has]]
    kept["value"] = np.clip(means[has], lows[has], highs[has])  # not beyond them by rounding
    all_points = np.concatenate([points[:1], kept, inner[missing], points[-1:]])
    ends = points["value"][[0, -1]]
    lost = values[missing]
    low = np.concatenate([ends[:1], lows[has], lost, ends[1:]])
    high = np.concatenate([ends[:1], highs[has], lost, ends[1:]])
    order = np.argsort(all_points["step"], kind="stable")
    return Envelope(all_points[order], low[order], high[order])
