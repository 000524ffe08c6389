"""Mean curves with bands, with numbers derived by hand."""

import math

import numpy as np
import pytest

from backend.compare.curves import difference_curve, mean_curve
from backend.metrics.points import POINT, Points


def run(values: dict[int, float], pace: float = 1.0) -> Points:
    return np.array([(s, v, s * pace, int(10 * s * pace)) for s, v in values.items()], dtype=POINT)


def test_the_band_is_students_at_each_step() -> None:
    # step 1: 1, 2, 3: mean 2, standard error 1/sqrt(3), t_2 = 4.3027; step 2: two runs, 0 and 4:
    # standard error 2, t_1 = 12.7062; step 3: one run
    found = mean_curve([run({1: 1, 2: 0}), run({1: 2, 2: 4, 3: 7}, pace=3.0), run({1: 3})])
    assert found.steps.tolist() == [1, 2, 3]
    assert found.mean.tolist() == [2.0, 2.0, 7.0]
    assert found.n.tolist() == [3, 2, 1]
    half = 4.3027 / math.sqrt(3)
    assert found.low[:2] == pytest.approx([2 - half, 2 - 25.4124], abs=1e-3)
    assert found.high[:2] == pytest.approx([2 + half, 2 + 25.4124], abs=1e-3)
    assert math.isnan(found.low[2])
    assert math.isnan(found.high[2])
    assert found.elapsed.tolist() == [pytest.approx(5 / 3), 4.0, 9.0]
    assert found.tokens.tolist() == [pytest.approx(50 / 3), 40.0, 90.0]


def test_values_that_are_not_finite_do_not_count() -> None:
    found = mean_curve([run({1: math.nan, 2: math.inf}), run({1: 4.0, 2: math.nan})])
    assert found.mean[0] == 4.0
    assert found.n.tolist() == [1, 0]
    assert math.isnan(found.mean[1])
    assert len(mean_curve([]).steps) == 0


def test_differences_are_made_in_pairs() -> None:
    ours = {"0": run({1: 1, 2: 5}), "1": run({1: 3, 2: 9}), "7": run({1: 100})}
    base = {"0": run({1: 0, 2: 1}), "1": run({1: 2, 3: 1})}
    found = difference_curve(ours, base, paired=True)
    assert found.steps.tolist() == [1, 2]
    assert found.mean.tolist() == [1.0, 4.0]
    assert found.n.tolist() == [2, 1]
    assert (found.low[0], found.high[0]) == (1.0, 1.0)  # both pairs differ by 1


def test_without_pairs_the_interval_is_welchs() -> None:
    # the numbers of the test of `unpaired_difference`
    ours = {str(value): run({1: value}) for value in (1, 2, 3)}
    base = {str(value): run({1: value, 2: 0}) for value in (4, 6, 8)}
    found = difference_curve(ours, base, paired=False)
    margin = 4.3027 * math.sqrt(5 / 3)
    assert found.steps.tolist() == [1]
    assert found.mean.tolist() == [-4.0]
    assert found.low[0] == pytest.approx(-4 - margin, abs=1e-3)
    single = difference_curve({"a": run({1: 1})}, {"b": run({1: 2})}, paired=False)
    assert single.mean.tolist() == [-1.0]
    assert math.isnan(single.low[0])


def test_long_curves_are_thinned_without_losing_a_peak() -> None:
    values = dict.fromkeys(range(10000), 0.0) | {777: 5.0}
    found = mean_curve([run(values), run(values)]).thinned(100)
    assert 50 < len(found.steps) <= 102
    assert found.mean.max() == 5.0
    assert 777 in found.steps
    assert len(found.low) == len(found.steps)
