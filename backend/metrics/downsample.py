"""Fewer points for a chart, without losing a peak, a dip, a gap or the newest value."""

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
