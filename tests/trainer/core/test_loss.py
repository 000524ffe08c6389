import math

import pytest
import torch

from worker.trainer.horizon import horizon_weights
from worker.trainer.kl import k1, k2, k3, kl
from worker.trainer.loss import aggregate, policy_term, rollout_scale

MASK = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
LENGTHS = torch.tensor([3, 1])


def term(ratio: float, advantage: float, weight: float = 1.0) -> tuple[float, float, bool, bool]:
    """Loss, its derivative by logp, and the clips of a single token."""
    logp = torch.tensor([[math.log(ratio)]], requires_grad=True)
    found = policy_term(
        logp,
        torch.zeros(1, 1),
        torch.tensor([advantage]),
        torch.full((1, 1), weight),
        epsilon=0.2,
        epsilon_high=0.28,
    )
    found.loss.sum().backward()
    assert logp.grad is not None
    return (
        float(found.loss.detach()),
        float(logp.grad),
        bool(found.clipped_low),
        bool(found.clipped_high),
    )


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope", "low", "high"),
    [
        (1.0, 2.0, -2.0, -2.0, False, False),
        (1.2, 2.0, -2.4, -2.4, False, False),
        (1.5, 2.0, -2.56, 0.0, False, True),  # clipped at 1.28
        (0.5, 2.0, -1.0, -1.0, False, False),  # the lower clip does not bind for a good rollout
        (0.5, -2.0, 1.6, 0.0, True, False),  # clipped at 0.8
        (1.5, -2.0, 3.0, 3.0, False, False),  # the upper clip does not bind for a bad one
    ],
)
def test_clipping_by_hand(
    ratio: float, advantage: float, loss: float, slope: float, low: bool, high: bool
) -> None:
    found = term(ratio, advantage)
    assert found == (pytest.approx(loss), pytest.approx(slope, abs=1e-7), low, high)


HIGH = 1.28 + 1.1 + 0.5  # a good rollout's ratios 1.5, 1.1 and 0.5, the first clipped
W1, W2 = math.exp(-2 * 0.5), math.exp(-2 * 0.75)  # alpha 2, entropies 0.5 and 0.25
LOW = 0.8 * W1 + 1.5 * W2  # a bad one's 0.5, clipped, and 1.5


@pytest.mark.parametrize(
    ("loss_type", "of_first", "of_second"),
    [("grpo", 1 / 6, 1 / 4), ("dapo", 1 / 5, 1 / 5), ("dr_grpo", 1 / 8, 1 / 8)],
)
@pytest.mark.parametrize("updates", [1, 2])
def test_clipping_on_both_sides_under_horizon_weights_by_hand(
    loss_type: str, of_first: float, of_second: float, updates: int
) -> None:
    # two rollouts of 3 and 2 tokens, at most 4
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])
    ratio = torch.tensor([[1.5, 1.1, 0.5], [0.5, 1.5, 7.0]], dtype=torch.float64)
    logp = ratio.log().requires_grad_()
    A = torch.tensor([1.0, -1.0], dtype=torch.float64)
    h = torch.tensor([[0.3, 0.3, 0.3], [0.5, 0.25, 9.0]], dtype=torch.float64)
    w = horizon_weights(
        h, mask, A, alpha=2.0, discount="exponential", inclusive=True, selective=True
    )
    found = policy_term(logp, torch.zeros_like(logp), A, w, epsilon=0.2, epsilon_high=0.28)
    scale = rollout_scale(mask.sum(dim=1), loss_type, 4, updates)  # type: ignore[arg-type]
    loss = aggregate(found.loss, mask, scale)
    of_first, of_second = of_first * updates, of_second * updates
    assert float(loss.detach()) == pytest.approx(-HIGH * of_first + LOW * of_second, rel=1e-6)
    loss.backward()
    assert logp.grad is not None
    expected = [
        [0.0, -1.1 * of_first, -0.5 * of_first],
        [0.0, 1.5 * W2 * of_second, 0.0],
    ]
    for row, slopes in zip(logp.grad.tolist(), expected, strict=True):
        assert row == pytest.approx(slopes, rel=1e-6)
    assert found.clipped_high.tolist() == [[True, False, False], [False, False, False]]
    assert found.clipped_low.tolist() == [[False, False, False], [True, False, False]]
    assert found.ratio.tolist() == [pytest.approx(row) for row in ratio.tolist()]


def test_a_masked_completion_has_no_tokens_but_is_a_rollout() -> None:
    lengths = torch.tensor([3, 0])
    assert rollout_scale(lengths, "dapo", 5)[0] == pytest.approx(1 / 3)
    assert rollout_scale(lengths, "grpo", 5)[0] == pytest.approx(1 / 6)
    assert rollout_scale(lengths, "dr_grpo", 5)[0] == pytest.approx(1 / 10)


def test_the_weight_scales_loss_and_gradient() -> None:
    loss, slope, _, _ = term(1.1, -2.0, weight=0.25)
    assert (loss, slope) == (pytest.approx(0.55), pytest.approx(0.55))


@pytest.mark.parametrize(
    ("loss_type", "expected"),
    [
        ("grpo", ((1 + 2 + 3) / 3 + 10) / 2),
        ("dapo", (1 + 2 + 3 + 10) / 4),
        ("dr_grpo", (1 + 2 + 3 + 10) / (2 * 5)),
    ],
)
def test_aggregation_by_hand(loss_type: str, expected: float) -> None:
    per_token = torch.tensor([[1.0, 2.0, 3.0], [10.0, 99.0, torch.nan]])
    scale = rollout_scale(LENGTHS, loss_type, max_completion_length=5)  # type: ignore[arg-type]
    assert float(aggregate(per_token, MASK, scale)) == pytest.approx(expected)


@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
def test_parts_of_a_batch_add_up_to_the_whole(loss_type: str) -> None:
    per_token = torch.tensor([[1.0, 2.0, 3.0], [10.0, 0.0, 0.0]])
    scale = rollout_scale(LENGTHS, loss_type, 5)  # type: ignore[arg-type]
    parts = [aggregate(per_token[[b]], MASK[[b]], scale[[b]]) for b in range(2)]
    assert float(sum(parts)) == pytest.approx(float(aggregate(per_token, MASK, scale)))


def test_kl_estimators_by_hand() -> None:
    # the policy gives 0.5 where the reference gives 0.25: d = ln ref - ln policy = -ln 2
    logp, ref = torch.tensor(math.log(0.5)), torch.tensor(math.log(0.25))
    assert float(k1(logp, ref)) == pytest.approx(math.log(2))
    assert float(k2(logp, ref)) == pytest.approx(math.log(2) ** 2 / 2)
    assert float(k3(logp, ref)) == pytest.approx(0.5 + math.log(2) - 1)
    assert kl("k2", logp, ref) == k2(logp, ref)
    assert kl("k3", logp, ref) == k3(logp, ref)


def test_kl_gradients_by_hand() -> None:
    logp = torch.tensor(math.log(0.5), dtype=torch.float64, requires_grad=True)
    ref = torch.tensor(math.log(0.25), dtype=torch.float64)
    # k1: 1 whatever the policy; k2: logp - ref = ln 2; k3: 1 - exp(ref - logp) = 1 - 1/2
    for estimate, slope in ((k1, 1.0), (k2, math.log(2)), (k3, 0.5)):
        (found,) = torch.autograd.grad(estimate(logp, ref), logp)
        assert float(found) == pytest.approx(slope, rel=1e-12)


def test_k3_is_never_negative_and_both_pull_towards_the_reference() -> None:
    logp = torch.linspace(-3, 0, 31, requires_grad=True)
    ref = torch.full((31,), -1.5)
    assert (k3(logp, ref) >= 0).all()
    for estimate in (k2, k3):
        (slope,) = torch.autograd.grad(estimate(logp, ref).sum(), logp)
        assert ((slope > 0) == (logp > ref)).all()
