import math

import pytest
import torch

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


def test_k3_is_never_negative_and_both_pull_towards_the_reference() -> None:
    logp = torch.linspace(-3, 0, 31, requires_grad=True)
    ref = torch.full((31,), -1.5)
    assert (k3(logp, ref) >= 0).all()
    for estimate in (k2, k3):
        (slope,) = torch.autograd.grad(estimate(logp, ref).sum(), logp)
        assert ((slope > 0) == (logp > ref)).all()
