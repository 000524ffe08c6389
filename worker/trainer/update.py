"""One pass over a generation batch: micro-batches, gradient, clipping, optimiser.

Rollouts without a gradient (equal rewards in the group) are left out only when beta = 0: then they would
add exactly zero. They stay in every denominator, and a pass with nothing to train still moves optimiser
and schedule, with zero gradients.

A pass whose loss or gradient norm is not finite is left out: weights and optimiser state stay as they
were, and it is counted. `MAX_SKIPPED_IN_A_ROW` such passes end the run (`nan_loss`).

Shapes: B rollouts, R of a micro-batch, T completion positions (right-padded).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ahora.config import AlgorithmConfig, RunConfig
from worker.trainer.batch import Batch
from worker.trainer.clock import Clock
from worker.trainer.entropy import normalised
from worker.trainer.errors import RunError
from worker.trainer.horizon import horizon_weights
from worker.trainer.kl import k1, k3, kl
from worker.trainer.loss import aggregate, policy_term, rollout_scale
from worker.trainer.models import Policy
from worker.trainer.network import Network
from worker.trainer.optimizer import trained_parameters
from worker.trainer.score import Scores, score

MAX_SKIPPED_IN_A_ROW = 5


@dataclass
class Pass:
    """What one pass over the batch found."""

    logp: Tensor
    """(B, T) of the policy before this pass's update; the sampler's where there was no gradient."""
    entropy: Tensor
    """(B, T), likewise."""
    loss: float = 0.0
    policy_loss: float = 0.0
    kl: float = 0.0
    kl_k1: float = 0.0
    clipped_low: float = 0.0
    """Share of the batch's completion tokens."""
    clipped_high: float = 0.0
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


class Updater:
    """Makes passes over batches and changes the policy."""

    def __init__(
        self,
        config: RunConfig,
        policy: Policy,
        network: Network,
        optimizer: torch.optim.Optimizer,
        clock: Clock,
    ) -> None:
        self._config = config
        self._policy = policy
        self._network = network
        self._optimizer = optimizer
        self._clock = clock
        self._parameters = trained_parameters(policy.model)
        self._skipped_in_a_row = 0

    def update(self, batch: Batch, learning_rate: float, check: Callable[[], None]) -> list[Pass]:
        """All passes over `batch` (`num_iterations`).

        `check` is called before each micro-batch until the policy first changes, and may raise to
        abandon the step. Raises RunError `nan_loss`.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._policy.model.train()
        ref_logp = self._reference(batch, check) if self._config.algorithm.beta > 0 else None
        passes: list[Pass] = []
        old_logp: Tensor | None = None
        for _ in range(self._config.algorithm.num_iterations):
            found = self.gradient(batch, old_logp, ref_logp, check)
            with self._clock.measure("optimizer"):
                self._apply(found)
            passes.append(found)
            if old_logp is None:
                old_logp = found.logp
            check = _never
        return passes

    def gradient(
        self,
        batch: Batch,
        old_logp: Tensor | None,
        ref_logp: Tensor | None,
        check: Callable[[], None],
    ) -> Pass:
        """Set the gradient of `batch`'s loss. On the first pass `old_logp` is None: the policy is the
        one that sampled, and old log-probabilities are its own, detached."""
        algorithm, samples = self._config.algorithm, batch.samples
        for parameter in self._parameters:
            parameter.grad = torch.zeros_like(parameter)
        found = Pass(logp=samples.logprob.clone(), entropy=samples.entropy.clone())
        scale = rollout_scale(
            samples.lengths, algorithm.loss_type, self._config.rollout.max_completion_length
        )
        tokens = int(samples.lengths.sum())
        tokens_in_loss = int(samples.lengths[batch.in_loss.to(scale.device)].sum())
        trained = batch.in_loss if algorithm.beta > 0 else batch.with_gradient
        for rows in self._micro_batches(batch, trained):
            check()
            A = batch.advantages[rows]
            mask, scores = self._score(self._network, batch, rows)
            T = mask.shape[1]
            w = weights_of(algorithm, normalised(scores.entropy, self._network.vocab_size), mask, A)
            term = policy_term(
                scores.logp,
                scores.logp.detach() if old_logp is None else old_logp[rows, :T],
                A,
                w,
                epsilon=algorithm.epsilon,
                epsilon_high=algorithm.epsilon_high or algorithm.epsilon,
            )
            loss = policy_loss = aggregate(term.loss, mask, scale[rows])
            if ref_logp is not None:
                ref = ref_logp[rows, :T]
                divergence = kl(algorithm.kl_estimator, scores.logp, ref)
                loss = loss + algorithm.beta * aggregate(divergence, mask, scale[rows])
                detached = scores.logp.detach()
                found.kl += float(k3(detached, ref)[mask].sum()) / tokens_in_loss
                found.kl_k1 += float(k1(detached, ref)[mask].sum()) / tokens_in_loss
            with self._clock.measure("backward"):
                loss.backward()
            found.loss += float(loss.detach())
            found.policy_loss += float(policy_loss.detach())
            found.clipped_low += float((term.clipped_low & mask).sum()) / tokens
            found.clipped_high += float((term.clipped_high & mask).sum()) / tokens
            found.logp[rows, :T] = scores.logp.detach()
            found.entropy[rows, :T] = scores.entropy
        return found

    def _apply(self, found: Pass) -> None:
        norm = torch.nn.utils.clip_grad_norm_(
            self._parameters, self._config.optimizer.max_grad_norm
        )
        found.grad_norm = float(norm)
        if math.isfinite(found.loss) and math.isfinite(found.grad_norm):
            self._optimizer.step()
            self._skipped_in_a_row = 0
            return
        found.skipped = True
        self._skipped_in_a_row += 1
        if self._skipped_in_a_row >= MAX_SKIPPED_IN_A_ROW:
            raise RunError(
                "nan_loss",
                f"loss or gradient was not finite in {MAX_SKIPPED_IN_A_ROW} updates in a row: lower "
                "optimizer.learning_rate, use model.dtype float32, or check the reward's range",
            )

    def _reference(self, batch: Batch, check: Callable[[], None]) -> Tensor:
        """Log-probabilities (B, T) under the initial model."""
        ref_logp = torch.zeros_like(batch.samples.logprob)
        with torch.no_grad(), self._policy.reference() as module:
            reference = self._network.like(module)
            for rows in self._micro_batches(batch, batch.in_loss):
                check()
                mask, scores = self._score(reference, batch, rows)
                ref_logp[rows, : mask.shape[1]] = scores.logp
        return ref_logp

    def _score(self, network: Network, batch: Batch, rows: Tensor) -> tuple[Tensor, Scores]:
        """The mask (R, T) of `rows`, cut to their longest completion, and their scores."""
        samples = batch.samples
        T = int(samples.lengths[rows].max())
        mask = samples.mask[rows, :T]
        prompts = [batch.completed[row].problem.prompt_ids for row in rows.tolist()]
        with self._clock.measure("score"):
            scores = score(
                network,
                prompts,
                samples.tokens[rows, :T],
                mask,
                self._config.rollout.temperature,
            )
        return mask, scores

    def _micro_batches(self, batch: Batch, chosen: Tensor) -> Iterator[Tensor]:
        """Row numbers of the `chosen` (B,) rollouts, longest first, so that little is padding."""
        rows = chosen.nonzero()[:, 0]
        order = batch.samples.lengths.cpu()[rows].argsort(descending=True, stable=True)
        size = self._config.optimizer.per_device_train_batch_size
        for micro in rows[order].split(size):
            if micro.numel():
                yield micro.to(batch.samples.tokens.device)


def _never() -> None:
    """The policy has changed: the step is finished, whatever is asked."""
