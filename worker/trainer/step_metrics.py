"""The metrics of one training step, under the names of `ahora.metrics`."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from worker.trainer.advantage import nan_std
from worker.trainer.batch import Batch
from worker.trainer.clock import Clock
from worker.trainer.gradient import Update
from worker.trainer.statistics import existing, horizon_statistics, masked_mean, sampling_variance
from worker.trainer.update import Updated

PARTS = ("rollout", "reward", "score", "backward", "optimizer")


def step_metrics(
    batch: Batch, updated: Updated, weights: Tensor, learning_rate: float, with_kl: bool
) -> dict[str, float]:
    """All metrics of a step but its times and running totals.

    Entropies and `weights` (B, T) are those of the policy that sampled; the rest are means over the
    step's updates, as TRL averages what it logs. What does not exist at this step, such as the mean over
    no rollouts, is left out.
    """
    return existing(
        {
            **_reward_metrics(batch),
            **_token_metrics(batch, updated.sampled.entropy, weights),
            **_ratio_metrics(updated.updates),
        }
    ) | _update_metrics(updated.updates, learning_rate, with_kl)


def time_metrics(clock: Clock) -> dict[str, float]:
    """How long the step and its parts took."""
    parts = {f"timing/{part}": clock.spent(part) for part in PARTS}
    return {"step_time": clock.elapsed(), **parts}


def _reward_metrics(batch: Batch) -> dict[str, float]:
    statistics = batch.statistics
    totals = _column([each.total for each in batch.scored])
    values = {
        "reward": float(totals.nanmean()),
        "reward_std": float(statistics.group_std.nanmean()),
        "frac_reward_zero_std": float((~statistics.has_signal).double().mean()),
        "reward_sampling_variance": sampling_variance(statistics.group_mean),
        "rewards/unscored_frac": float(totals.isnan().double().mean()),
        "advantage/positive_frac": float((statistics.values > 0).double().mean()),
        "advantage/negative_frac": float((statistics.values < 0).double().mean()),
    }
    for label in batch.scored[0].scores:
        column = _column([each.scores[label] for each in batch.scored])
        values[f"rewards/{label}/mean"] = float(column.nanmean())
        values[f"rewards/{label}/std"] = float(nan_std(column, dim=0))
    return values


def _column(values: list[float | None]) -> Tensor:
    return torch.tensor([math.nan if value is None else value for value in values]).double()


def _token_metrics(batch: Batch, entropy: Tensor, weights: Tensor) -> dict[str, float]:
    samples, A = batch.samples, batch.advantages
    lengths = samples.lengths.double()
    return {
        "entropy": masked_mean(entropy, samples.mask),
        "entropy/positive": masked_mean(entropy, samples.mask & (A > 0)[:, None]),
        "entropy/negative": masked_mean(entropy, samples.mask & (A < 0)[:, None]),
        **horizon_statistics(weights, samples.mask, A),
        "completions/mean_length": float(lengths.mean()),
        "completions/min_length": float(lengths.min()),
        "completions/max_length": float(lengths.max()),
        "completions/clipped_ratio": float(samples.truncated.double().mean()),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _ratio_metrics(updates: Sequence[Update]) -> dict[str, float]:
    """Over the updates that are not on-policy and train something; there the ratio is not just 1."""
    later = [each for each in updates[1:] if not math.isnan(each.ratio_mean)]
    return {
        "policy/ratio_mean": _mean([each.ratio_mean for each in later]),
        "policy/ratio_max": max((each.ratio_max for each in later), default=math.nan),
    }


def _update_metrics(
    updates: Sequence[Update], learning_rate: float, with_kl: bool
) -> dict[str, float]:
    low = _mean([each.clipped_low for each in updates])
    high = _mean([each.clipped_high for each in updates])
    values = {
        "loss": _mean([each.loss for each in updates]),
        "policy_loss": _mean([each.policy_loss for each in updates]),
        "clip_ratio/low_mean": low,
        "clip_ratio/low_min": _mean([each.clipped_low_min for each in updates]),
        "clip_ratio/high_mean": high,
        "clip_ratio/high_max": _mean([each.clipped_high_max for each in updates]),
        "clip_ratio/region_mean": low + high,
        "grad_norm": _mean([each.grad_norm for each in updates]),
        "learning_rate": learning_rate,
        "skipped_updates": float(sum(each.skipped for each in updates)),
    }
    if with_kl:
        values["kl"] = _mean([each.kl for each in updates])
        values["kl_k1"] = _mean([each.kl_k1 for each in updates])
    return values
