"""Group-relative advantages (GRPO, arXiv 2402.03300; `scale_rewards` as in TRL).

A[b] = (r[b] - mean) / (std + 1e-4) with the mean of the rollout's group and, by `scale_rewards`, the
sample standard deviation (ddof 1) of its group, of the whole batch, or no division at all (Dr. GRPO).

Departures: a completion that could not be scored (NaN) is left out of all statistics and has A = 0; a
group whose rewards are all equal has A = 0 exactly, decided on the rewards: rounding would leave a
remainder (three rewards of 0.3 gave |A| = 3e-4 in float32).

Shapes: B rollouts = P prompts x G completions; the completions of a prompt are neighbours.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

EPSILON = 1e-4
"""Keeps the division finite; part of the definition."""


class Advantages(NamedTuple):
    """Advantages and the group statistics behind them; float64."""

    values: Tensor
    """(B,)"""
    has_signal: Tensor
    """(P,) bool: whether the group's rewards differ, so that it has a gradient."""
    group_mean: Tensor
    """(P,); NaN when no completion of the group is scored."""
    group_std: Tensor
    """(P,) ddof 1; NaN when fewer than two completions of the group are scored."""


def group_advantages(
    rewards: Tensor, num_generations: int, scale: Literal["group", "batch", "none"]
) -> Advantages:
    """Advantages of `rewards` (B,), where NaN stands for a completion that could not be scored."""
    groups = rewards.double().view(-1, num_generations)
    scored = ~groups.isnan()
    mean = groups.nanmean(dim=1)
    std = nan_std(groups, dim=1)
    infinite = torch.full_like(groups, torch.inf)
    has_signal = torch.where(scored, groups, -infinite).amax(1) > torch.where(
        scored, groups, infinite
    ).amin(1)
    values = groups - mean[:, None]
    if scale == "group":
        values = values / (std[:, None] + EPSILON)
    elif scale == "batch":
        values = values / (nan_std(groups.flatten(), dim=0) + EPSILON)
    counts = scored & has_signal[:, None]
    return Advantages(
        values=torch.where(counts, values, 0.0).flatten(),
        has_signal=has_signal,
        group_mean=mean,
        group_std=std,
    )


def nan_std(values: Tensor, dim: int) -> Tensor:
    """Sample standard deviation (ddof 1) of what is not NaN; NaN when that is less than two values."""
    known = ~values.isnan()
    deviation = torch.where(known, values - values.nanmean(dim=dim, keepdim=True), 0.0)
    degrees = (known.sum(dim) - 1).clamp(min=0)
    return (deviation.square().sum(dim) / degrees).sqrt()
