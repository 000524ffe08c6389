"""What a table shows of a series, kept up to date without reading the series again."""

from dataclasses import dataclass

import numpy as np

from backend.metrics.points import Points


@dataclass(frozen=True)
class Summary:
    """Of one series; minimum, maximum and total are over finite values."""

    count: int
    nonfinite: int
    last: float
    """Value at the highest step; may be NaN or infinite."""
    last_step: int
    min: float | None
    max: float | None
    total: float

    @property
    def mean(self) -> float | None:
        """Mean of the finite values; None when there are none."""
        finite = self.count - self.nonfinite
        return self.total / finite if finite else None


def summarise(points: Points) -> Summary:
    """The summary of `points` (n >= 1), which are in order and have one point a step."""
    values = points["value"]
    finite = values[np.isfinite(values)]
    some = len(finite) > 0
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(finite.sum())
    return Summary(
        count=len(values),
        nonfinite=len(values) - len(finite),
        last=float(values[-1]),
        last_step=int(points["step"][-1]),
        min=float(finite.min()) if some else None,
        max=float(finite.max()) if some else None,
        total=bounded(total),
    )


def bounded(total: float) -> float:
    """A sum that overflowed, as the nearest number that every database stores."""
    return float(np.nan_to_num(total))


def extend(old: Summary, new: Summary) -> Summary:
    """The summary of a series and of the points after it (all of its steps are higher)."""
    lows = [value for value in (old.min, new.min) if value is not None]
    highs = [value for value in (old.max, new.max) if value is not None]
    return Summary(
        count=old.count + new.count,
        nonfinite=old.nonfinite + new.nonfinite,
        last=new.last,
        last_step=new.last_step,
        min=min(lows, default=None),
        max=max(highs, default=None),
        total=bounded(old.total + new.total),
    )
