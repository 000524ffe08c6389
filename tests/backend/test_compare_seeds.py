"""Statistics over seeds, with numbers worked out by hand."""

import math

import numpy as np
import pytest

from backend.compare.seeds import (
    Interval,
    geometric_interval,
    interval,
    paired_difference,
    paired_ratio,
    permutation_test,
)


def test_an_interval_of_few_seeds_is_students() -> None:
    # mean 2, sample variance 1, t with 2 degrees of freedom 4.3027
    margin = 4.3027 / math.sqrt(3)
    assert interval([1.0, 2.0, 3.0]) == Interval(2.0, 2.0 - margin, 2.0 + margin, 3)
    assert interval([5.0]) == Interval(5.0, None, None, 1)
    assert interval([]) is None


@pytest.mark.parametrize("n", [5, 8, 12])
def test_intervals_cover_the_truth_as_often_as_they_say(n: int) -> None:
    rng = np.random.default_rng(1)
    tries = 400
    found = [interval(list(rng.normal(3.0, 2.0, n))) for _ in range(tries)]
    covered = sum(each.low <= 3.0 <= each.high for each in found if each and each.low and each.high)
    # a bootstrap of 12 falls a little short of 95 %
    assert 0.9 < covered / tries < 0.98


def test_variances_are_averaged_as_logarithms() -> None:
    found = geometric_interval([1.0, math.e**2])
    assert found is not None
    margin = 12.7062  # logarithms 0 and 2: standard error 1, t with 1 degree of freedom
    assert (found.mean, found.low, found.high) == (
        pytest.approx(math.e),
        pytest.approx(math.exp(1 - margin)),
        pytest.approx(math.exp(1 + margin)),
    )
    assert geometric_interval([1.0, 0.0]) is None


def test_pairs_are_made_by_seed() -> None:
    found = paired_difference({3: 1.0, 1: 2.0, 9: 7.0}, {1: 1.5, 3: 0.5, 2: 4.0})
    assert found is not None
    assert found.estimate == Interval(0.5, 0.5, 0.5, 2)
    assert (found.p, found.smallest_p) == (0.5, 0.5)  # ++ and -- of four signs
    assert paired_difference({1: 1.0}, {2: 1.0}) is None


def test_a_ratio_is_of_baseline_to_variant() -> None:
    found = paired_ratio({0: 1.0, 1: 2.0}, {0: 2.0, 1: 16.0})
    assert found is not None
    assert found.estimate.mean == pytest.approx(4.0)  # of 2 and 8
    assert paired_ratio({0: 0.0}, {0: 1.0}) is None
    assert paired_ratio({}, {0: 1.0}) is None


@pytest.mark.parametrize(
    ("differences", "p", "smallest"),
    [
        ([1.0, 2.0, 3.0], 0.25, 0.25),
        ([1.0, 2.0, -3.0], 1.0, 0.25),
        # of the 16 sums 6 are 0, 8 are +-2 and 2 are +-4
        ([1.0, 1.0, 1.0, -1.0], 0.625, 0.125),
        ([0.1] * 5, 0.0625, 0.0625),
        ([0.0, 0.0], 1.0, 0.5),
    ],
)
def test_permutations_by_hand(differences: list[float], p: float, smallest: float) -> None:
    assert permutation_test(differences) == (pytest.approx(p), smallest)


def test_many_pairs_are_permuted_at_random() -> None:
    clear, smallest = permutation_test([1.0] * 20)
    assert clear == smallest == 1e-4
    none, _ = permutation_test([1.0, -1.0] * 10)
    assert none == 1.0
