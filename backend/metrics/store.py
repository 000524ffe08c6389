"""The metric store: append a batch, read series of many runs, read summaries.

Everything else goes through these functions, so that the storage can change. Here a series is, for
each attempt, a row and chunks of packed points of which only the newest is rewritten. The row of the
newest attempt that reported a metric (`newest`) carries the run's summary of it, over all that is
visible. Appending the same points again changes no answer: of a step's reports the last counts.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from ahora.metrics import is_over_time
from backend.db.models import MetricChunk, MetricSeries
from backend.events.superseded import Limits, valid_steps
from backend.metrics.downsample import downsample
from backend.metrics.points import POINT, Points, in_order, merge, pack, unpack
from backend.metrics.summary import Summary, extend, summarise

CHUNK_POINTS = 256
"""Points in a full chunk: 8 KiB, a compromise of rewriting little and reading few rows."""

READ_POINTS = 1_000_000
"""Points read at once: 32 MB."""

READ_SERIES = 500

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

SERIES: Table = MetricSeries.__table__  # type: ignore[assignment]
CHUNKS: Table = MetricChunk.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class Series:
    """One metric of one run, over all its attempts."""

    run_id: str
    key: str
    points: Points
    """In the order of steps, one a step, downsampled."""
    total: int
    """Points before downsampling."""


@dataclass(frozen=True)
class Stored:
    """What is stored of one metric of one run."""

    run_id: str
    key: str
    attempts: dict[int, int]
    """Attempt number to the id of its series."""
    count: int
    """Points over all attempts: an upper bound of what is visible."""


def append(session: Session, run_id: str, attempt: int, points: Mapping[str, Points]) -> None:
    """Store `points` (metric name to records in the order reported) of an attempt.

    The caller holds the run's row lock.
    """
    if not points:
        return
    known = {
        row.key: row
        for row in session.execute(
            select(SERIES).where(SERIES.c.run_id == run_id, SERIES.c.attempt == attempt)
        )
        if row.key in points
    }
    ids = {key: row.id for key, row in known.items()}
    fresh = [key for key in points if key not in known]
    before = _earlier(session, run_id, attempt, fresh)
    ids |= _create(session, run_id, attempt, fresh)
    tails = _tails(session, [row for row in known.values() if row.chunk_points < CHUNK_POINTS])

    rewritten, added, changed, disordered = [], [], [], []
    for key, new in points.items():
        row, series_id = known.get(key), ids[key]
        tail = tails.get(series_id, b"")
        chunk = 0 if row is None else row.chunk if tail else row.chunk + 1
        data = tail + pack(new)
        size = CHUNK_POINTS * POINT.itemsize
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        for number, piece in enumerate(pieces, chunk):
            if tail and number == chunk:
                rewritten.append({"b_id": series_id, "b_number": number, "data": piece})
            else:
                added.append({"series_id": series_id, "number": number, "data": piece})
        position = {
            "b_id": series_id,
            "chunk": chunk + len(pieces) - 1,
            "chunk_points": len(pieces[-1]) // POINT.itemsize,
        }
        ordered = in_order(new)
        held = before.get(key) if row is None else _summary(row)
        if held is None:
            changed.append(position | _columns(summarise(ordered)))
        elif ordered["step"][0] > held.last_step:
            changed.append(position | _columns(extend(held, summarise(ordered))))
        else:
            disordered.append((key, position))
    if rewritten:
        session.execute(
            update(CHUNKS).where(
                CHUNKS.c.series_id == bindparam("b_id"), CHUNKS.c.number == bindparam("b_number")
            ),
            rewritten,
        )
    if added:
        session.execute(insert(CHUNKS), added)
    if disordered:
        whole = _visible(session, run_id, [key for key, _ in disordered])
        changed += [position | _columns(summarise(whole[key])) for key, position in disordered]
    session.execute(update(SERIES).where(SERIES.c.id == bindparam("b_id")), changed)


def supersede(session: Session, run_id: str) -> None:
    """Take what is superseded now out of the summaries of `run_id`, whose newest attempt has just said
    where it starts. The caller holds the run's row lock."""
    limits = valid_steps(session, [run_id])[run_id]
    rows = session.execute(select(SERIES).where(SERIES.c.run_id == run_id, SERIES.c.newest))
    late = {row.key: row.id for row in rows if row.last_step > _limit(limits, row)}
    if not late:
        return
    whole = _visible(session, run_id, list(late))
    gone = [series_id for key, series_id in late.items() if key not in whole]
    session.execute(update(SERIES).where(SERIES.c.id.in_(gone)).values(newest=False))
    changed = [{"b_id": late[key]} | _columns(summarise(points)) for key, points in whole.items()]
    if changed:
        session.execute(update(SERIES).where(SERIES.c.id == bindparam("b_id")), changed)


def _earlier(
    session: Session, run_id: str, attempt: int, keys: Sequence[str]
) -> dict[str, Summary]:
    """The summaries of what earlier attempts reported, which give way to that of `attempt`."""
    if attempt == 1 or not keys:
        return {}
    supersede(session, run_id)
    mine = (SERIES.c.run_id == run_id, SERIES.c.newest, SERIES.c.key.in_(keys))
    found = {row.key: _summary(row) for row in session.execute(select(SERIES).where(*mine))}
    session.execute(update(SERIES).where(*mine).values(newest=False))
    return found


def _visible(session: Session, run_id: str, keys: Sequence[str]) -> dict[str, Points]:
    """All visible points of a run's metrics; those without any are left out."""
    limits = valid_steps(session, [run_id])
    return {
        series.key: series.points for series in read(session, find(session, [run_id], keys), limits)
    }


def _limit(limits: Limits, row: AnyRow) -> int:
    return _valid(limits, row.key).get(row.attempt, row.last_step)


def stored_points() -> ColumnElement[int]:
    """Number of points in a series' chunks, for a query on `MetricSeries`."""
    return SERIES.c.chunk * CHUNK_POINTS + SERIES.c.chunk_points


def find(
    session: Session, run_ids: Sequence[str], keys: Sequence[str] | None = None
) -> list[Stored]:
    """What is stored of `run_ids`, for `keys` (None: for all), in the order asked for."""
    count = stored_points().label("stored")
    wanted = select(SERIES.c.run_id, SERIES.c.key, SERIES.c.attempt, SERIES.c.id, count).where(
        SERIES.c.run_id.in_(run_ids)
    )
    if keys is not None:
        wanted = wanted.where(SERIES.c.key.in_(keys))
    found: dict[tuple[str, str], list[AnyRow]] = {}
    for row in session.execute(wanted.order_by(SERIES.c.key)):
        found.setdefault((row.run_id, row.key), []).append(row)
    run_order = {run_id: place for place, run_id in enumerate(run_ids)}
    key_order = {key: place for place, key in enumerate(keys or [])}
    return [
        Stored(
            run_id=run_id,
            key=key,
            attempts={row.attempt: row.id for row in rows},
            count=sum(row.stored for row in rows),
        )
        for (run_id, key), rows in sorted(
            found.items(), key=lambda item: (run_order[item[0][0]], key_order.get(item[0][1], 0))
        )
    ]


def read(
    session: Session,
    stored: Iterable[Stored],
    limits: Mapping[str, Limits],
    *,
    max_points: int | None = None,
    min_step: int | None = None,
    max_step: int | None = None,
) -> Iterator[Series]:
    """The visible points of `stored`, one series after the other, in bounded memory.

    `limits` are the valid steps of each run's attempts; series without a visible point are left out.
    """
    for batch in _batches(stored):
        chunks = _attempts(session, [i for series in batch for i in series.attempts.values()])
        for series in batch:
            points = merge(
                {attempt: chunks[i] for attempt, i in series.attempts.items()},
                _valid(limits[series.run_id], series.key),
            )
            if min_step is not None:
                points = points[points["step"] >= min_step]
            if max_step is not None:
                points = points[points["step"] <= max_step]
            if len(points):
                shown = points if max_points is None else downsample(points, max_points)
                yield Series(series.run_id, series.key, shown, len(points))


def read_summaries(
    session: Session, run_ids: Sequence[str], limits: Mapping[str, Limits]
) -> dict[str, dict[str, Summary]]:
    """Run id to metric name to the summary of its visible points."""
    rows = session.execute(
        select(SERIES).where(SERIES.c.run_id.in_(run_ids), SERIES.c.newest).order_by(SERIES.c.key)
    )
    summaries: dict[str, dict[str, Summary]] = {run_id: {} for run_id in run_ids}
    late: dict[str, list[str]] = {}
    for row in rows:
        if row.last_step <= _limit(limits[row.run_id], row):
            summaries[row.run_id][row.key] = _summary(row)
        else:  # a new attempt was claimed and has not said yet where it starts
            late.setdefault(row.run_id, []).append(row.key)
    mixed = [one for run_id, keys in late.items() for one in find(session, [run_id], keys)]
    for series in read(session, mixed, limits):
        summaries[series.run_id][series.key] = summarise(series.points)
    return summaries


def _valid(limits: Limits, key: str) -> Limits:
    """What supersedes points of a metric: nothing where steps are seconds, for time is not repeated."""
    return {} if is_over_time(key) else limits


def _create(session: Session, run_id: str, attempt: int, keys: Sequence[str]) -> dict[str, int]:
    """Rows for new series, to be filled in by the caller; metric name to id."""
    if not keys:
        return {}
    nothing = Summary(0, 0, math.nan, 0, None, None, 0.0)
    row = {"run_id": run_id, "attempt": attempt, "chunk": 0, "chunk_points": 0}
    created = session.execute(
        insert(SERIES).returning(SERIES.c.key, SERIES.c.id),
        [row | _columns(nothing) | {"key": key} for key in keys],
    )
    return {row.key: row.id for row in created}


def _tails(session: Session, rows: Sequence[AnyRow]) -> dict[int, bytes]:
    """Series id to the newest chunk of `rows`."""
    tails: dict[int, bytes] = {}
    for start in range(0, len(rows), READ_SERIES):
        ids = [row.id for row in rows[start : start + READ_SERIES]]
        newest = (
            select(CHUNKS.c.series_id, CHUNKS.c.data)
            .join(SERIES, SERIES.c.id == CHUNKS.c.series_id)
            .where(SERIES.c.id.in_(ids), CHUNKS.c.number == SERIES.c.chunk)
        )
        tails.update((row.series_id, row.data) for row in session.execute(newest))
    return tails


def _attempts(session: Session, ids: Sequence[int]) -> dict[int, Points]:
    """Series id to all its points, in the order they were reported."""
    rows = session.execute(
        select(CHUNKS.c.series_id, CHUNKS.c.data)
        .where(CHUNKS.c.series_id.in_(ids))
        .order_by(CHUNKS.c.series_id, CHUNKS.c.number)
    )
    return {
        series_id: unpack([data for _, data in chunks])
        for series_id, chunks in groupby(rows, key=lambda row: row[0])
    }


def _batches(stored: Iterable[Stored]) -> Iterator[list[Stored]]:
    batch: list[Stored] = []
    points = 0
    for series in stored:
        if batch and (points + series.count > READ_POINTS or len(batch) == READ_SERIES):
            yield batch
            batch, points = [], 0
        batch.append(series)
        points += series.count
    if batch:
        yield batch


def _summary(row: AnyRow) -> Summary:
    return Summary(
        count=row.points,
        nonfinite=row.nonfinite,
        last=math.nan if row.last is None else row.last,
        last_step=row.last_step,
        min=row.minimum,
        max=row.maximum,
        total=row.total,
    )


def _columns(summary: Summary) -> dict[str, Any]:
    return {
        "points": summary.count,
        "nonfinite": summary.nonfinite,
        "last": None if math.isnan(summary.last) else summary.last,
        "last_step": summary.last_step,
        "minimum": summary.min,
        "maximum": summary.max,
        "total": summary.total,
    }
