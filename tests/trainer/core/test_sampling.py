import math

import pytest
import torch

from worker.trainer.rollout.sampling import Sampling, drawn, keep_min_p, keep_top_k, keep_top_p

LOGPROBS = torch.tensor([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]]).log()


def kept(logprobs: torch.Tensor) -> list[list[int]]:
    return [row.isfinite().nonzero()[:, 0].tolist() for row in logprobs]


@pytest.mark.parametrize(
    ("k", "left"), [(1, [[0], [3]]), (2, [[0, 1], [2, 3]]), (9, [[0, 1, 2, 3]] * 2)]
)
def test_top_k(k: int, left: list[list[int]]) -> None:
    assert kept(keep_top_k(LOGPROBS, k)) == left


@pytest.mark.parametrize(
    ("p", "left"),
    [
        (0.01, [[0], [3]]),  # never nothing
        (0.39, [[0], [3]]),
        (0.41, [[0, 1], [2, 3]]),
        (0.69, [[0, 1], [2, 3]]),
        (0.95, [[0, 1, 2, 3]] * 2),
    ],
)
def test_top_p_keeps_the_smallest_set_that_reaches_it(p: float, left: list[list[int]]) -> None:
    assert kept(keep_top_p(LOGPROBS, p)) == left


@pytest.mark.parametrize(("p", "left"), [(0.9, [[0], [3]]), (0.45, [[0, 1, 2], [1, 2, 3]])])
def test_min_p_is_relative_to_the_likeliest(p: float, left: list[list[int]]) -> None:
    assert kept(keep_min_p(LOGPROBS, p)) == left


def test_top_p_counts_what_top_k_left() -> None:
    # of 0.4 and 0.3 the first has 0.57 of what is left
    assert kept(keep_top_p(keep_top_k(LOGPROBS, 2), 0.5)) == [[0], [3]]


def test_kept_tokens_keep_their_log_probability() -> None:
    left = keep_top_k(LOGPROBS, 2)
    assert torch.equal(left[left.isfinite()], LOGPROBS[left.isfinite()])


@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"top_p": 0.65}, {"min_p": 0.6}])
def test_draws_have_the_frequencies_of_what_is_left(options: dict[str, float]) -> None:
    n = 20_000
    generator = torch.Generator().manual_seed(0)
    found = Sampling(1, **options).choose(LOGPROBS[:1].expand(n, 4), generator)  # type: ignore[arg-type]
    found = torch.bincount(found, minlength=4) / n
    expected = torch.tensor([0.4, 0.3, 0.2, 0.1])
    if options:
        expected = torch.tensor([4 / 7, 3 / 7, 0.0, 0.0])
    deviation = math.sqrt(0.25 / n)
    assert ((found - expected).abs() < 5 * deviation).all()
    assert (found[expected == 0] == 0).all()


def test_greedy_takes_the_likeliest() -> None:
    assert Sampling(1, greedy=True).choose(LOGPROBS, None).tolist() == [0, 3]


@pytest.mark.parametrize("V", [1, 2, 5, 12, 17, 1000])
def test_draws_follow_the_weights_and_never_take_what_has_none(V: int) -> None:
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(V, generator=generator) * 7
    weights[::3] = 0 if V > 1 else 1
    weights[-1:] = 0 if V > 2 else 1
    n = 200_000
    found = drawn(weights.expand(n, V), generator).bincount(minlength=V) / n
    expected = weights / weights.sum()
    assert found[weights == 0].eq(0).all()
    assert (found - expected).abs().max() < 5 * float((expected.max() / n) ** 0.5)
