"""What a step and an evaluation say about themselves, as pure functions.

A quantity that does not exist (a mean over nothing) is NaN here and is left out of a report by
`existing`. Shapes: B rollouts, T completion positions (right-padded).
"""

import math
from collections.abc import Mapping
from math import comb

from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> float:
    """Mean of `values` where `mask`; NaN where there is nothing."""
    return float(values[mask.bool()].double().mean())


def horizon_statistics(weights: Tensor, mask: Tensor, advantages: Tensor) -> dict[str, float]:
    """The `horizon/...` metrics, over rollouts with negative advantage."""
    negative = advantages < 0
    w, lengths = weights[negative].double(), mask[negative].sum(dim=1).double()
    effective = w.sum(dim=1)
    return {
        "horizon/weight_mean": float(effective.sum() / lengths.sum()),
        "horizon/effective_length": float(effective.mean()),
        "horizon/effective_fraction": float((effective / lengths).mean()),
    }


def weight_profile(weights: Tensor, mask: Tensor, advantages: Tensor) -> dict[str, float]:
    """The `horizon/weight_at/...` metrics: the mean weight at positions 1, 2, 4, 8, ... over the rollouts
    with negative advantage that are so long. Positions that none reaches are left out.
    """
    negative = advantages < 0
    places = [2**power - 1 for power in range(weights.shape[1].bit_length())]  # counted from 0
    sums, counts = (
        each[:, places][negative].double().sum(dim=0).tolist() for each in (weights, mask)
    )
    return {
        f"horizon/weight_at/{place + 1}": total / count
        for place, total, count in zip(places, sums, counts, strict=True)
        if count
    }


def sampling_variance(group_means: Tensor) -> float:
    """Sample variance of the group-mean rewards (P,) divided by their number: the variance of the
    step's mean reward that the draw of prompts and rollouts alone explains. NaN below two groups."""
    known = group_means[~group_means.isnan()].double()
    return float(known.var(correction=1) / known.numel()) if known.numel() > 1 else math.nan


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """Unbiased estimate of the chance that one of k samples is correct (Chen et al. 2021, arXiv
    2107.03374, eq. 1), from `correct` among `samples`."""
    return 1.0 - comb(samples - correct, k) / comb(samples, k)


def existing(values: Mapping[str, float]) -> dict[str, float]:
    """`values` without those that are NaN because there was nothing to average."""
    return {name: value for name, value in values.items() if not math.isnan(value)}
