"""Every property of the weights that the method's definition names."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worker.trainer.horizon import horizon_weights

FORMS = [(d, i) for d in ("exponential", "linear") for i in (True, False)]


def weights(h: Any, mask: Any, advantages: Any, alpha: float = 0.5, **options: Any) -> torch.Tensor:
    chosen = {"discount": "exponential", "inclusive": True, "selective": False, **options}
    return horizon_weights(
        torch.as_tensor(h),
        torch.as_tensor(mask),
        torch.as_tensor(advantages),
        alpha=alpha,
        **chosen,
    )


def test_uniform_distribution_decays_by_exp_alpha_at_every_token() -> None:
    found = weights(torch.ones(1, 4), torch.ones(1, 4), [-1.0], alpha=0.5)
    assert found[0].tolist() == pytest.approx([math.exp(-0.5 * (t + 1)) for t in range(4)])


@pytest.mark.parametrize(("discount", "inclusive"), FORMS)
def test_deterministic_distribution_keeps_everything(discount: str, inclusive: bool) -> None:
    found = weights(
        torch.zeros(1, 4), torch.ones(1, 4), [-1.0], 2.0, discount=discount, inclusive=inclusive
    )
    assert found.tolist() == [[1.0] * 4]


def test_linear_by_hand() -> None:
    h, mask = [[0.5, 1.0, 0.25]], [[1.0, 1.0, 1.0]]
    found = weights(h, mask, [-1.0], alpha=0.5, discount="linear")
    assert found[0].tolist() == pytest.approx([0.75, 0.375, 0.328125])
    # a factor below zero is zero, and so is everything after it
    found = weights([[0.1, 0.8, 0.1]], mask, [-1.0], alpha=2.0, discount="linear")
    assert found[0].tolist() == pytest.approx([0.8, 0.0, 0.0])


def test_exclusive_gives_the_first_token_weight_1() -> None:
    h, mask = [[0.5, 1.0, 0.25]], [[1.0, 1.0, 1.0]]
    found = weights(h, mask, [-1.0], alpha=1.0, inclusive=False)
    assert found[0].tolist() == pytest.approx([1.0, math.exp(-0.5), math.exp(-1.5)])
    found = weights(h, mask, [-1.0], alpha=0.5, inclusive=False, discount="linear")
    assert found[0].tolist() == pytest.approx([1.0, 0.75, 0.375])


@pytest.mark.parametrize("selective", [True, False])
@pytest.mark.parametrize(("discount", "inclusive"), FORMS)
def test_alpha_0_is_the_mask_whatever_else_is_chosen(
    selective: bool, discount: str, inclusive: bool
) -> None:
    h = torch.rand(3, 5, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1.0] * 5, [1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])
    found = weights(
        h, mask, [-1.0, 0.0, 1.0], 0.0, selective=selective, discount=discount, inclusive=inclusive
    )
    assert torch.equal(found, mask)


def test_selective_keeps_rollouts_that_are_not_negative() -> None:
    h = torch.full((3, 2), 0.5)
    found = weights(h, torch.ones(3, 2), [1.0, 0.0, -1.0], alpha=1.0, selective=True)
    assert found[:2].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert found[2].tolist() == pytest.approx([math.exp(-0.5), math.exp(-1.0)])


def test_flipping_the_sign_of_one_rollout_changes_only_its_weights() -> None:
    h = torch.rand(4, 6, generator=torch.Generator().manual_seed(1))
    mask = torch.ones(4, 6)
    before = weights(h, mask, [1.0, -1.0, 0.5, -0.5], 2.0, selective=True)
    after = weights(h, mask, [1.0, -1.0, -0.5, -0.5], 2.0, selective=True)
    assert torch.equal(before[[0, 1, 3]], after[[0, 1, 3]])
    assert not torch.equal(before[2], after[2])


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    alpha=st.floats(0.0, 10.0),
    seed=st.integers(0, 1000),
    form=st.sampled_from(FORMS),
    selective=st.booleans(),
)
def test_monotone_bounded_and_blind_to_padding_and_order(
    lengths: list[int], alpha: float, seed: int, form: tuple[str, bool], selective: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    B, T = len(lengths), max(lengths)
    h = torch.rand(B, T, generator=generator)
    A = torch.randn(B, generator=generator)
    mask = (torch.arange(T)[None] < torch.tensor(lengths)[:, None]).float()
    options = {"discount": form[0], "inclusive": form[1], "selective": selective}
    found = weights(h, mask, A, alpha, **options)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[:, 1:] <= found[:, :-1]).all()
    assert (found[mask == 0] == 0).all()

    padding = torch.rand(B, 3, generator=generator)
    padded = weights(
        torch.cat([h, padding], 1), torch.cat([mask, torch.zeros(B, 3)], 1), A, alpha, **options
    )
    torch.testing.assert_close(padded[:, :T], found)
    assert (padded[:, T:] == 0).all()

    order = torch.randperm(B, generator=generator)
    torch.testing.assert_close(
        weights(h[order], mask[order], A[order], alpha, **options), found[order]
    )


def test_no_gradient_flows_into_the_weights() -> None:
    h = torch.full((1, 2), 0.5, requires_grad=True)
    assert not weights(h, torch.ones(1, 2), [-1.0]).requires_grad
