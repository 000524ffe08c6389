"""All points of some metrics of a run, side by side, as CSV that is written while it is sent."""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np

from backend.db import Database
from backend.events.superseded import valid_steps
from backend.export.table import cell, number
from backend.metrics import store
from backend.metrics.points import Points
from backend.runs.repository import require_run

BLOCK = 5000
"""Rows that are made and sent at a time."""


def read(db: Database, run_id: str, keys: Sequence[str]) -> dict[str, Points]:
    """The points that count of each of `keys` that the run has, in the order asked for.

    Raises `RunNotFound`.
    """
    with db.read() as session:
        require_run(session, run_id)
        stored = store.find(session, [run_id], list(dict.fromkeys(keys)))
        limits = valid_steps(session, [run_id])
        return {one.key: one.points for one in store.read(session, stored, limits)}


def lines(found: dict[str, Points]) -> Iterator[str]:
    """``step, elapsed, tokens`` and a column a metric; an empty cell where it has no point."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["step", "elapsed", "tokens", *map(cell, found)])
    of_each = [points["step"] for points in found.values()]
    steps = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *of_each]))
    for start in range(0, len(steps), BLOCK):
        writer.writerows(_rows(steps[start : start + BLOCK], list(found.values())))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _rows(steps: np.ndarray, columns: Sequence[Points]) -> list[list[str]]:
    rows = [[str(step), "", "", *[""] * len(columns)] for step in steps.tolist()]
    for place, points in enumerate(columns, 3):
        first, last = np.searchsorted(points["step"], [steps[0], steps[-1] + 1])
        part = points[first:last]
        at = np.searchsorted(steps, part["step"])
        for row, (_, value, elapsed, tokens) in zip(at.tolist(), part.tolist(), strict=True):
            rows[row][1:3] = [number(elapsed), str(tokens)]
            rows[row][place] = number(value)
    return rows
