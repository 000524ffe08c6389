"""The metric store against a plain model of it, on both databases."""

import math
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.db import Database
from backend.db.models import Attempt, MetricSeries
from backend.events.superseded import NO_LIMIT
from backend.metrics import store
from backend.metrics.points import POINT, Points
from backend.metrics.summary import summarise
from tests.backend.support import create_run

KEYS = ["reward", "loss"]

batch = st.tuples(
    st.sampled_from(KEYS),
    st.integers(1, 3),  # attempt
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from([0.5, -1.0, 3.0, math.nan, math.inf])),
        min_size=1,
        max_size=12,
    ),
)


def array(pairs: list[tuple[int, float]]) -> Points:
    return np.array([(step, value, step * 0.5, step * 7) for step, value in pairs], dtype=POINT)


def begun(run: str, number: int, start: int) -> Attempt:
    claim = {"claim_id": f"{run}-{number}", "token_hash": "", "slot": 0}
    where = {"worker": "w", "host": "h", "device": "cpu"}
    return Attempt(run_id=run, number=number, start_step=start, **claim, **where)


def expected(
    batches: list[Any], key: str, limits: dict[int, int]
) -> list[tuple[int, float, float, int]]:
    newest: dict[int, float] = {}
    for attempt in sorted(limits):
        for name, number, pairs in batches:
            if (name, number) == (key, attempt):
                newest |= {step: value for step, value in pairs if step <= limits[attempt]}
    return [(step, newest[step], step * 0.5, step * 7) for step in sorted(newest)]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    batches=st.lists(batch, max_size=12),
    starts=st.tuples(st.integers(0, 30), st.integers(0, 30)),
    chunk=st.sampled_from([1, 3, 256]),
)
def test_reading_gives_what_was_appended(
    db: Database, batches: list[Any], starts: tuple[int, int], chunk: int
) -> None:
    run = create_run(db)
    limits = {1: min(starts), 2: starts[1], 3: NO_LIMIT}
    batches = sorted(batches, key=lambda one: one[1])  # a newer attempt ends the older
    store.CHUNK_POINTS, usual = chunk, store.CHUNK_POINTS
    try:
        for attempt, start in enumerate([0, *starts], 1):
            with db.write() as session:
                session.add(begun(run, attempt, start))
                session.flush()
                store.supersede(session, run)
            for key, _, pairs in (one for one in batches if one[1] == attempt):
                with db.write() as session:
                    store.append(session, run, attempt, {key: array(pairs)})
    finally:
        store.CHUNK_POINTS = usual
    with db.read() as session:
        found = list(store.read(session, store.find(session, [run]), {run: limits}))
        summaries = store.read_summaries(session, [run], {run: limits})[run]
    wanted = {key: expected(batches, key, limits) for key in sorted(KEYS)}
    wanted = {key: points for key, points in wanted.items() if points}
    assert [series.key for series in found] == list(wanted) == sorted(summaries)
    for series in found:
        points = np.array(wanted[series.key], dtype=POINT)
        assert series.points.tobytes() == points.tobytes()
        assert repr(summaries[series.key]) == repr(summarise(points))
    # of each metric one row carries the summary that the run table filters and sorts by
    with db.read() as session:
        newest = session.scalars(select(MetricSeries).where(MetricSeries.run_id == run))
        assert sorted(row.key for row in newest if row.newest) == list(wanted)


def test_appending_a_batch_again_changes_nothing(db: Database) -> None:
    run = create_run(db)
    points = {"reward": array([(step, step / 3) for step in range(600)])}
    answers = []
    for _ in range(2):
        with db.write() as session:
            store.append(session, run, 1, points)
        with db.read() as session:
            [series] = store.read(session, store.find(session, [run]), {run: {}})
            answers.append(
                (series.points.tobytes(), store.read_summaries(session, [run], {run: {}}))
            )
    assert answers[0] == answers[1]


def test_series_come_in_the_order_they_were_asked_for(db: Database) -> None:
    runs = sorted(create_run(db) for _ in range(3))[::-1]
    for run in runs:
        with db.write() as session:
            store.append(session, run, 1, {key: array([(1, 1.0)]) for key in ("a", "b", "c")})
    with db.read() as session:
        found = store.find(session, runs, ["c", "a", "missing"])
    assert [(one.run_id, one.key) for one in found] == [(run, key) for run in runs for key in "ca"]
