"""The gradient of one update's loss, over the rollouts of one part of a generation batch.

Rollouts without a gradient (equal rewards in the group) are left out only when beta and entropy_coef are
0: then they would add exactly zero. They stay in every denominator.

Shapes: B rollouts, R of a micro-batch, T completion positions (right-padded).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ahora.config import AlgorithmConfig, RolloutConfig, RunConfig
from worker.trainer.batch import Batch
from worker.trainer.clock import Clock
from worker.trainer.entropy import normalised
from worker.trainer.horizon import horizon_weights
from worker.trainer.importance import importance_ratio
from worker.trainer.kl import k1, k3, kl
from worker.trainer.loss import PolicyTerm, aggregate, policy_term, rollout_scale
from worker.trainer.network import Network
from worker.trainer.rollout import Samples
from worker.trainer.score import Scores
from worker.trainer.scoring import Scorer


@dataclass
class Update:
    """What one update found. Shares and means are over the completion tokens of its part."""

    loss: float = 0.0
    policy_loss: float = 0.0
    kl: float = 0.0
    kl_k1: float = 0.0
    clipped_low: float = 0.0
    clipped_high: float = 0.0
    clipped_low_min: float = 0.0
    """The smallest share of any of the part's rollouts."""
    clipped_high_max: float = 0.0
    """The largest."""
    ratio_mean: float = math.nan
    """Of the tokens that are trained; NaN when there are none."""
    ratio_max: float = math.nan
    grad_norm: float = 0.0
    skipped: bool = False


def weights_of(algorithm: AlgorithmConfig, h: Tensor, mask: Tensor, advantages: Tensor) -> Tensor:
    """Horizon weights (R, T) as the configuration says."""
    return horizon_weights(
        h,
        mask,
        advantages,
        alpha=algorithm.alpha,
        discount=algorithm.discount,
        inclusive=algorithm.inclusive,
        selective=algorithm.selective,
    )


def correction_cap(rollout: RolloutConfig, samples: Samples) -> float | None:
    """The cap of the truncated importance sampling correction; None when there is none, as for samples
    that the policy itself has drawn."""
    corrected = rollout.vllm_importance_sampling_correction and not samples.policy_scores
    return rollout.vllm_importance_sampling_clip_max if corrected else None


def trained_rows(algorithm: AlgorithmConfig, batch: Batch) -> Tensor:
    """(B,) bool, CPU: the rollouts that can have a gradient."""
    every_token_counts = algorithm.beta > 0 or algorithm.entropy_coef > 0
    return batch.in_loss if every_token_counts else batch.with_gradient


class Gradient:
    """Sets the gradient of the policy's `parameters`."""

    def __init__(
        self,
        config: RunConfig,
        network: Network,
        scorer: Scorer,
        parameters: Sequence[nn.Parameter],
        clock: Clock,
    ) -> None:
        self._config = config
        self._network = network
        self._scorer = scorer
        self._parameters = parameters
        self._clock = clock

    def of_part(
        self,
        batch: Batch,
        part: Tensor,
        sampled: Scores,
        ref_logp: Tensor | None,
        check: Callable[[], None],
        *,
        on_policy: bool,
    ) -> Update:
        """Set the gradient of the loss of the rollouts `part` (B,), bool, CPU.

        `sampled` (B, T) are the scores of the policy that sampled, which ratios are taken against.
        `on_policy` says that the policy is still that one: then old log-probabilities are its own,
        detached, and what is found is written into `sampled`. `ref_logp` (B, T) is None without a KL
        term. `check` is called before each micro-batch and may raise.
        """
        algorithm = self._config.algorithm
        for parameter in self._parameters:
            parameter.grad = torch.zeros_like(parameter)
        scale = rollout_scale(
            batch.loss_lengths,
            algorithm.loss_type,
            self._config.rollout.max_completion_length,
            self._config.rollout.steps_per_generation,
        )
        tokens = max(int(batch.loss_lengths[part].sum()), 1)
        tokens_in_loss = int(batch.loss_lengths[part & batch.in_loss].sum())
        found, clips = Update(), _Clips(batch, part)
        for rows in self._scorer.micro_batches(batch, trained_rows(algorithm, batch) & part):
            check()
            A = batch.advantages[rows]
            mask, scores = self._scorer.score(
                batch, rows, entropy_gradient=algorithm.entropy_coef > 0
            )
            T = mask.shape[1]
            if on_policy:
                sampled.write(rows, T, scores)
            h = normalised(scores.entropy.detach(), self._network.vocab_size)
            weights = weights_of(algorithm, h, mask, A)
            old_logp = scores.logp.detach() if on_policy else sampled.logp[rows, :T]
            cap = correction_cap(self._config.rollout, batch.samples)
            if cap is not None:
                weights = weights * importance_ratio(old_logp, batch.samples.logprob[rows, :T], cap)
            term = policy_term(
                scores.logp,
                old_logp,
                A,
                weights,
                epsilon=algorithm.epsilon,
                epsilon_high=algorithm.epsilon_high or algorithm.epsilon,
            )
            row_scale = scale[rows.cpu()].to(rows.device)
            loss = policy_loss = aggregate(term.loss, mask, row_scale)
            if ref_logp is not None:
                ref = ref_logp[rows, :T]
                divergence = kl(algorithm.kl_estimator, scores.logp, ref)
                loss = loss + algorithm.beta * aggregate(divergence, mask, row_scale)
                detached = scores.logp.detach()
                found.kl += float(k3(detached, ref)[mask].sum()) / tokens_in_loss
                found.kl_k1 += float(k1(detached, ref)[mask].sum()) / tokens_in_loss
            if algorithm.entropy_coef > 0:
                loss = loss - algorithm.entropy_coef * (scores.entropy[mask].sum() / tokens)
            with self._clock.measure("backward"):
                loss.backward()
            found.loss += float(loss.detach())
            found.policy_loss += float(policy_loss.detach())
            clips.add(rows, mask, term)
        clips.report(found, tokens)
        return found


class _Clips:
    """Clipped shares and ratios of an update, gathered over its micro-batches."""

    def __init__(self, batch: Batch, part: Tensor) -> None:
        self._counted = part & (batch.loss_lengths > 0)
        # rollouts that are left out have no clipped token
        self._low = torch.zeros(part.shape, dtype=torch.float64)
        self._high = torch.zeros(part.shape, dtype=torch.float64)
        self._lengths = batch.loss_lengths
        self._ratio_sum, self._ratio_max, self._trained = 0.0, -math.inf, 0

    def add(self, rows: Tensor, mask: Tensor, term: PolicyTerm) -> None:
        """Count a micro-batch's tokens (R, T)."""
        at = rows.cpu()
        self._low[at] = (term.clipped_low & mask).sum(dim=1).cpu().double()
        self._high[at] = (term.clipped_high & mask).sum(dim=1).cpu().double()
        ratio = term.ratio[mask]
        self._ratio_sum += float(ratio.sum())
        self._ratio_max = max(self._ratio_max, float(ratio.max()))
        self._trained += ratio.numel()

    def report(self, found: Update, tokens: int) -> None:
        """Write shares of the part's `tokens`, and ratios, into `found`."""
        found.clipped_low = float(self._low.sum()) / tokens
        found.clipped_high = float(self._high.sum()) / tokens
        if self._counted.any():
            lengths = self._lengths[self._counted]
            found.clipped_low_min = float((self._low[self._counted] / lengths).min())
            found.clipped_high_max = float((self._high[self._counted] / lengths).max())
        if self._trained:
            found.ratio_mean = self._ratio_sum / self._trained
            found.ratio_max = self._ratio_max
