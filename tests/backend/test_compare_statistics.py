"""Statistics of a comparison, with numbers derived by hand."""

import math

import numpy as np
import pytest

from backend.compare.differences import differences
from backend.compare.statistics import (
    Analysis,
    detrended_variance,
    entropy_collapsed,
    statistics,
    window_start,
)
from backend.metrics.points import POINT, Points


def series(values: list[float], first: int = 1) -> Points:
    return np.array([(first + i, v, 0.0, 0) for i, v in enumerate(values)], dtype=POINT)


def test_the_window_is_the_last_steps_or_all_after_the_first_tenth() -> None:
    assert window_start(100, None) == 10
    assert window_start(95, None) == 10
    assert window_start(3, None) == 1
    assert window_start(100, 20) == 80
    assert window_start(10, 20) == 0


def test_training_variance_and_what_it_consists_of() -> None:
    # the first of ten steps is outside the window; inside: 1 to 9, mean 5,
    # squares 16+9+4+1+0+1+4+9+16 = 60 over 8 = 7.5; it is a line, so nothing is left detrended
    found = statistics(
        {
            "reward": series([100.0, *map(float, range(1, 10))]),
            "reward_sampling_variance": series([50.0, *[0.25] * 8, 2.5]),
        },
        Analysis(),
    )
    assert found.training_variance == 7.5
    assert found.detrended_variance == pytest.approx(0.0, abs=1e-12)
    assert found.variance_window == (2, 10)
    assert found.variance_steps == 9
    assert found.sampling_floor == 0.5  # (8 * 0.25 + 2.5) / 9
    assert found.final_reward == 9.0


def test_detrended_variance_by_hand() -> None:
    # x -1.5 -.5 .5 1.5, y -2 0 2 0: slope (3 + 0 + 1 + 0) / 5 = 0.8;
    # residuals -0.8 0.4 1.6 -1.2: squares .64 + .16 + 2.56 + 1.44 = 4.8 over 2
    values = np.array([1.0, 3.0, 5.0, 3.0])
    assert detrended_variance(np.array([1, 2, 3, 4]), values) == pytest.approx(2.4)
    # a gap in the steps belongs to the fit: a line over 1, 2, 4 leaves nothing
    assert detrended_variance(np.array([1, 2, 4]), np.array([1.0, 2.0, 4.0])) == pytest.approx(0)
    assert detrended_variance(np.array([1, 2]), np.array([1.0, 2.0])) is None


def test_values_that_are_not_finite_are_left_out() -> None:
    found = statistics({"reward": series([0.0, 1.0, math.nan, 3.0, math.inf])}, Analysis())
    assert found.variance_window == (2, 4)
    assert found.training_variance == 2.0
    assert found.final_reward == 3.0


def test_pass_at_1_before_at_its_peak_and_at_the_end() -> None:
    passes = np.array([(0, 0.5, 0, 0), (20, 0.8, 0, 0), (40, 0.7, 0, 0)], dtype=POINT)
    found = statistics({"eval/pass@1": passes}, Analysis())
    assert (found.baseline_pass_at_1, found.peak_pass_at_1, found.peak_step) == (0.5, 0.8, 20)
    assert found.final_pass_at_1 == 0.7
    only_baseline = statistics({"eval/pass@1": passes[:1]}, Analysis())
    assert (only_baseline.peak_step, only_baseline.final_pass_at_1) == (0, None)


def test_entropy_collapse_needs_patience_in_a_row() -> None:
    start = [1.0] * 5
    assert entropy_collapsed(np.array([*start, *[0.09] * 3]), 0.1, 3) is True
    assert entropy_collapsed(np.array([*start, *[0.09] * 2, 0.1, 0.09]), 0.1, 3) is False
    assert entropy_collapsed(np.array([1.0] * 4), 0.1, 3) is None
    found = statistics({"entropy": series([*start, *[0.5] * 5])}, Analysis())
    assert (found.entropy_start, found.entropy_end, found.collapsed) == (1.0, 0.5, False)


def test_a_run_without_data_has_no_statistics() -> None:
    found = statistics({}, Analysis())
    assert found.training_variance is None
    assert found.variance_window is None
    assert found.collapsed is None
    assert found.final_reward is None


def test_config_differences_are_dotted_paths() -> None:
    base = {
        "seed": 0,
        "algorithm": {"name": "grpo"},
        "rewards": {"functions": [{"kind": "exact", "weight": 1.0}]},
        "same": {"list": [1, 2], "flag": True},
    }
    other = {
        "seed": 0,
        "algorithm": {"name": "sa_ah_grpo", "alpha": 2.0},
        "rewards": {"functions": [{"kind": "exact", "weight": 0.5}, {"kind": "regex"}]},
        "same": {"list": [1, 2], "flag": True},
    }
    assert list(differences({"a": base, "b": other}).items()) == [
        ("algorithm.alpha", {"b": 2.0}),
        ("algorithm.name", {"a": "grpo", "b": "sa_ah_grpo"}),
        ("rewards.functions.0.weight", {"a": 1.0, "b": 0.5}),
        ("rewards.functions.1.kind", {"b": "regex"}),
    ]
    assert differences({"a": {"x": True}, "b": {"x": 1}}) == {"x": {"a": True, "b": 1}}
    assert differences({"a": base}) == {}
