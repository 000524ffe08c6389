"""Packing, order, superseding and summaries of metric points."""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from ahora.events import MetricsEvent
from backend.events.superseded import NO_LIMIT, limits
from backend.metrics.downsample import downsample, envelope
from backend.metrics.points import POINT, Points, by_key, in_order, merge, pack, unpack
from backend.metrics.summary import extend, summarise


def points(*pairs: tuple[int, float]) -> Points:
    return np.array([(step, value, step * 0.5, step * 10) for step, value in pairs], dtype=POINT)


def pairs(of: Points) -> list[tuple[int, float]]:
    return [(int(step), float(value)) for step, value in zip(of["step"], of["value"], strict=True)]


def test_events_become_one_series_a_key() -> None:
    events = [
        MetricsEvent(step=1, elapsed=0.5, tokens=100, values={"reward": 0.25, "loss": math.nan}),
        MetricsEvent(step=2, elapsed=1.0, tokens=220, values={"reward": 0.5}),
    ]
    found = by_key(events)
    assert found["reward"].tolist() == [(1, 0.25, 0.5, 100), (2, 0.5, 1.0, 220)]
    assert len(found["loss"]) == 1
    assert math.isnan(found["loss"]["value"][0])


def test_packing_keeps_every_bit_and_appending_joins_bytes() -> None:
    first = points((0, math.nan), (1, math.inf), (2, -math.inf))
    second = points((3, -0.0), (2**40, 5e-324))
    assert len(pack(first)) == 3 * 32
    back = unpack([pack(first), pack(second)])
    assert back.tobytes() == first.tobytes() + second.tobytes()


def test_out_of_order_steps_are_sorted_and_the_last_report_of_a_step_wins() -> None:
    found = in_order(points((3, 3.0), (1, 1.0), (3, 30.0), (2, 2.0)))
    assert pairs(found) == [(1, 1.0), (2, 2.0), (3, 30.0)]


def test_a_later_attempt_hides_what_lies_beyond_its_start() -> None:
    # attempt 1 ran to 6, attempt 2 went on from 4 and reached 5, attempt 3 went on from 2
    assert limits({1: 0, 2: 4, 3: 2}) == {1: 2, 2: 2, 3: NO_LIMIT}
    attempts = {
        1: points(*((step, 1.0) for step in range(7))),
        2: points((5, 2.0)),
        3: points((3, 3.0), (4, 3.0)),
    }
    assert pairs(merge(attempts, limits({1: 0, 2: 4, 3: 2}))) == [
        (0, 1.0), (1, 1.0), (2, 1.0), (3, 3.0), (4, 3.0),
    ]  # fmt: skip


def test_a_fresh_attempt_replaces_the_baseline_of_the_one_before() -> None:
    attempts = {1: points((0, 0.5), (1, 0.6)), 2: points((0, 0.7))}
    assert pairs(merge(attempts, limits({1: 0, 2: 0}))) == [(0, 0.7)]


def test_summary_by_hand() -> None:
    found = summarise(points((1, 2.0), (2, math.nan), (3, -1.0), (4, math.inf)))
    assert (found.count, found.nonfinite, found.last, found.last_step) == (4, 2, math.inf, 4)
    assert (found.min, found.max, found.mean) == (-1.0, 2.0, 0.5)
    nothing = summarise(points((1, math.nan)))
    assert (nothing.min, nothing.max, nothing.mean, nothing.nonfinite) == (None, None, None, 1)


values = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(st.lists(values, min_size=2, max_size=60), st.data())
def test_extending_a_summary_equals_summarising_the_whole(
    series: list[float], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(series) - 1))
    whole = points(*enumerate(series))
    a, b = extend(summarise(whole[:cut]), summarise(whole[cut:])), summarise(whole)
    assert (a.count, a.nonfinite, a.last_step, a.min, a.max) == (
        b.count, b.nonfinite, b.last_step, b.min, b.max,
    )  # fmt: skip
    assert a.last == b.last or (math.isnan(a.last) and math.isnan(b.last))
    assert math.isclose(a.total, b.total, rel_tol=1e-9, abs_tol=1e-6)


@given(st.lists(values, max_size=400), st.integers(2, 100))
@example([0.5, 0.0, 1.0, math.nan, 0.0], 2)
def test_downsampling_keeps_extremes_ends_gaps_and_order(
    series: list[float], max_points: int
) -> None:
    whole = points(*enumerate(series))
    found = downsample(whole, max_points)
    if len(series) <= max_points:
        assert found.tobytes() == whole.tobytes()
        return
    assert len(found) <= max(max_points, 3) + 2
    assert (np.diff(found["step"]) > 0).all()
    # every point is one of the series, bit for bit
    assert found.tobytes() == whole[found["step"]].tobytes()
    assert found["step"][0] == 0
    assert found["step"][-1] == len(series) - 1
    finite = [value for value in series if math.isfinite(value)]
    kept = [value for value in found["value"] if math.isfinite(value)]
    assert bool(finite) == bool(kept)
    if finite:
        assert (min(finite), max(finite)) == (min(kept), max(kept))
    assert any(not math.isfinite(v) for v in series) == any(
        not math.isfinite(v) for v in found["value"]
    )


def test_each_bucket_keeps_its_minimum_and_maximum() -> None:
    # 12 points at 6: three buckets of four
    series = [5.0, 1.0, 9.0, 4.0, 2.0, 2.0, 2.0, 3.0, 0.0, 8.0, 7.0, 6.0]
    found = downsample(points(*enumerate(series)), 6)
    assert pairs(found) == [
        (0, 5.0), (1, 1.0), (2, 9.0), (4, 2.0), (7, 3.0), (8, 0.0), (9, 8.0), (11, 6.0),
    ]  # fmt: skip


def test_an_envelope_by_hand() -> None:
    # the ends stay; between them buckets of two: (1, 9), (2, NaN), (inf, -4)
    series = [5.0, 1.0, 9.0, 2.0, math.nan, math.inf, -4.0, 7.0]
    found = envelope(points(*enumerate(series)), 5)
    assert found.points["step"].tolist() == [0, 2, 3, 4, 5, 6, 7]
    expected = [5.0, 5.0, 2.0, math.nan, math.inf, -4.0, 7.0]
    assert np.array_equal(found.points["value"], expected, equal_nan=True)
    assert np.array_equal(found.low, [5.0, 1.0, 2.0, math.nan, math.inf, -4.0, 7.0], equal_nan=True)
    assert np.array_equal(
        found.high, [5.0, 9.0, 2.0, math.nan, math.inf, -4.0, 7.0], equal_nan=True
    )


@given(st.lists(st.floats(), min_size=1, max_size=200), st.integers(2, 40))
@example([1e308] * 50, 5)
def test_an_envelope_holds_every_value(series: list[float], max_points: int) -> None:
    whole = points(*enumerate(series))
    found = envelope(whole, max_points)
    assert len(found.points) <= 2 * max(max_points, 3)
    values, finite = found.points["value"], np.isfinite(series)
    shown = np.isfinite(values)
    assert (np.diff(found.points["step"]) > 0).all()
    assert bool(shown.any()) == bool(finite.any())
    assert bool((~shown).any()) == bool((~finite).any())
    assert pairs(found.points[-1:])[0][0] == len(series) - 1
    if finite.any():
        kept = np.asarray(series)[finite]
        assert (found.low[shown].min(), found.high[shown].max()) == (kept.min(), kept.max())
        assert (found.low[shown] <= values[shown]).all()
        assert (values[shown] <= found.high[shown]).all()
