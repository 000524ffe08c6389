"""The metrics of one training step, under the names of `ahora.metrics`."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ahora.config import RolloutConfig, RunConfig
from worker.trainer.advantage import group_advantages, nan_std
from worker.trainer.batch import Batch, Drawn, rewards_of
from worker.trainer.clock import Clock
from worker.trainer.gradient import Update, correction_cap
from worker.trainer.importance import importance_ratio
from worker.trainer.rollout import Samples
from worker.trainer.score import Scores
from worker.trainer.statistics import (
    existing,
    horizon_statistics,
    masked_mean,
    sampling_variance,
    weight_profile,
)
from worker.trainer.update import Updated

PARTS = ("rollout", "reward", "score", "backward", "optimizer")


def step_metrics(
    config: RunConfig,
    batch: Batch,
    drawn: Drawn,
    updated: Updated,
    weights: Tensor,
    learning_rate: float,
) -> dict[str, float]:
    """All metrics of a step but its times and running totals.

    Rewards and lengths are over everything that was drawn. Entropies and `weights` (B, T) are those of
    the policy that sampled, over the rollouts that are trained on; the rest are means over the step's
    updates, as TRL averages what it logs. What does not exist at this step, such as the mean over no
    rollouts, is left out.
    """
    values = {
        **_reward_metrics(drawn),
        **_completion_metrics(drawn),
        **_token_metrics(batch, updated.sampled.entropy, weights),
        **_ratio_metrics(updated.updates),
        **_sampling_metrics(config.rollout, batch.samples, updated.sampled),
    }
    if config.rollout.dynamic_sampling:
        values |= _dynamic_sampling_metrics(batch, drawn)
    return existing(values) | _update_metrics(
        updated.updates, learning_rate, with_kl=config.algorithm.beta > 0
    )


def _sampling_metrics(
    rollout: RolloutConfig, samples: Samples, sampled: Scores
) -> dict[str, float]:
    """How far the engine's distribution is from the policy's, over all completion tokens, as TRL logs it.

    `sampled` (B, T) is what the policy says. Empty when the policy itself has drawn the samples.
    """
    if samples.policy_scores:
        return {}
    logp, sampler_logp = sampled.logp[samples.mask], samples.logprob[samples.mask]
    difference = (logp - sampler_logp).abs()
    values = {
        "sampling/sampling_logp_difference/mean": float(difference.mean()),
        "sampling/sampling_logp_difference/max": float(difference.max()),
    }
    cap = correction_cap(rollout, samples)
    if cap is not None:
        ratio = importance_ratio(logp, sampler_logp, cap)
        values["sampling/importance_sampling_ratio/min"] = float(ratio.min())
        values["sampling/importance_sampling_ratio/mean"] = float(ratio.mean())
        values["sampling/importance_sampling_ratio/max"] = float(ratio.max())
    return values


def time_metrics(clock: Clock) -> dict[str, float]:
    """How long the step and its parts took."""
    parts = {f"timing/{part}": clock.spent(part) for part in PARTS}
    return {"step_time": clock.elapsed(), **parts}


def _reward_metrics(drawn: Drawn) -> dict[str, float]:
    totals = rewards_of(drawn.scored)
    statistics = group_advantages(totals, drawn.num_generations, "none")
    values = {
        "reward": float(totals.nanmean()),
        "reward_std": float(nan_std(totals, dim=0)),
        "frac_reward_zero_std": float((~statistics.has_signal).double().mean()),
        "reward_sampling_variance": sampling_variance(statistics.group_mean),
        "rewards/unscored_frac": float(totals.isnan().double().mean()),
    }
    for label in drawn.scored[0].scores:
        column = _column([each.scores[label] for each in drawn.scored])
        values[f"rewards/{label}/mean"] = float(column.nanmean())
        values[f"rewards/{label}/std"] = float(nan_std(column, dim=0))
    return values


def _column(values: list[float | None]) -> Tensor:
    return torch.tensor([math.nan if value is None else value for value in values]).double()


def _completion_metrics(drawn: Drawn) -> dict[str, float]:
    lengths = torch.tensor([each.num_tokens for each in drawn.completed]).double()
    return {
        "completions/mean_length": float(lengths.mean()),
        "completions/min_length": float(lengths.min()),
        "completions/max_length": float(lengths.max()),
        "completions/clipped_ratio": _mean([float(each.truncated) for each in drawn.completed]),
    }


def _dynamic_sampling_metrics(batch: Batch, drawn: Drawn) -> dict[str, float]:
    return {
        "dynamic_sampling/groups": float(drawn.num_groups),
        "dynamic_sampling/rounds": float(drawn.rounds),
        "dynamic_sampling/frac_without_signal": float(
            (~batch.statistics.has_signal).double().mean()
        ),
    }


def _token_metrics(batch: Batch, entropy: Tensor, weights: Tensor) -> dict[str, float]:
    mask, A = batch.samples.mask, batch.advantages
    return {
        "advantage/positive_frac": float((A > 0).double().mean()),
        "advantage/negative_frac": float((A < 0).double().mean()),
        "entropy": masked_mean(entropy, mask),
        "entropy/positive": masked_mean(entropy, mask & (A > 0)[:, None]),
        "entropy/negative": masked_mean(entropy, mask & (A < 0)[:, None]),
        **horizon_statistics(weights, mask, A),
        **weight_profile(weights, mask, A),
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
