"""The clipped policy-gradient objective with horizon weights, and its three aggregations.

    rho = exp(logp - old_logp)
    L[b,t] = -w[b,t] * min(rho * A, clip(rho, 1 - epsilon, 1 + epsilon_high) * A) + beta * KL[b,t]

The weight multiplies the policy-gradient term only. Aggregation, as in TRL's `loss_type`:

    grpo      mean over a rollout's tokens, then over rollouts
    dapo      sum over tokens / number of completion tokens of the generation batch
    dr_grpo   sum over tokens / (B * max_completion_length)

When S updates are made of a generation batch in one pass, each of B / S rollouts, all three are S times
that, as in TRL with gradient_accumulation_steps = 1: a mean over the update's own rollouts (grpo,
dr_grpo), or a sum over the generation batch's tokens / S (dapo).

A denominator counts all tokens or rollouts: not sum(w), and not only the rollouts that have a gradient.
Only a completion masked for being truncated has no tokens, though it stays one of the B (as in TRL).
Each is therefore a fixed scale per rollout (`rollout_scale`), which makes the gradient independent of how
an update is cut into micro-batches.

Shapes: B rollouts (or the R of a micro-batch), T completion positions (right-padded).
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor


class PolicyTerm(NamedTuple):
    """The policy-gradient term of each token, all (B, T)."""

    loss: Tensor
    clipped_low: Tensor
    """bool: the lower clip is active, so the token has no gradient."""
    clipped_high: Tensor
    """bool: the upper clip is active."""
    ratio: Tensor
    """rho, without gradient."""


def policy_term(
    logp: Tensor,
    old_logp: Tensor,
    advantages: Tensor,
    weights: Tensor,
    *,
    epsilon: float,
    epsilon_high: float,
) -> PolicyTerm:
    """The term before masking. `logp`, `old_logp`, `weights` are (B, T), `advantages` (B,)."""
    A = advantages[:, None]
    ratio = torch.exp(logp - old_logp)
    clipped = ratio.clamp(1.0 - epsilon, 1.0 + epsilon_high)
    loss = -weights * torch.minimum(ratio * A, clipped * A)
    with torch.no_grad():
        low = (ratio < 1.0 - epsilon) & (A < 0)
        high = (ratio > 1.0 + epsilon_high) & (A > 0)
    return PolicyTerm(loss, low, high, ratio.detach())


def rollout_scale(
    lengths: Tensor,
    loss_type: Literal["grpo", "dapo", "dr_grpo"],
    max_completion_length: int,
    updates: int = 1,
) -> Tensor:
    """What each rollout's token losses are multiplied by before they are summed: (B,) float32.

    `lengths` (B,) are the completion tokens of the *whole* generation batch's rollouts, of which one
    pass makes `updates` updates.
    """
    B = lengths.numel()
    if loss_type == "grpo":
        scale = 1.0 / (lengths.clamp(min=1).float() * B)
    elif loss_type == "dapo":
        scale = torch.ones_like(lengths, dtype=torch.float32) / lengths.sum().clamp(min=1)
    else:
        scale = torch.full_like(lengths, 1.0 / (B * max_completion_length), dtype=torch.float32)
    return scale * updates


def aggregate(per_token: Tensor, mask: Tensor, scale: Tensor) -> Tensor:
    """Sum (scalar) of the unmasked entries of `per_token` (B, T), each times its rollout's `scale` (B,)."""
    return (torch.where(mask.bool(), per_token, 0.0).sum(dim=1) * scale).sum()
