"""Scores of chosen rollouts of a batch, a micro-batch at a time.

Shapes: B rollouts, R of a micro-batch, T completion positions (right-padded).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ahora.config import RunConfig
from worker.trainer.batch import Batch
from worker.trainer.clock import Clock
from worker.trainer.micro_batches import cpu_tokens, micro_batches
from worker.trainer.network import Network
from worker.trainer.score import Scores, score


class Scorer:
    """Runs the policy, or a model like it, over rollouts."""

    def __init__(self, config: RunConfig, network: Network, clock: Clock) -> None:
        self._config = config
        self._network = network
        self._clock = clock
        self.micro_batch_size = config.optimizer.per_device_train_batch_size

    def micro_batches(self, batch: Batch, chosen: Tensor) -> Iterator[Tensor]:
        """Row numbers of the `chosen` (B,) rollouts, those of a prompt together."""
        device, decoder = batch.samples.tokens.device, self._network.decoder
        prompts = [each.problem.prompt_ids for each in batch.completed]
        for micro in micro_batches(
            chosen.nonzero()[:, 0].tolist(),
            prompts,
            [len(prompt) for prompt in prompts],
            batch.samples.lengths.tolist(),
            self.micro_batch_size,
            cpu_tokens(decoder) if decoder is not None and device.type == "cpu" else None,
        ):
            yield torch.tensor(micro, device=device)

    def score(
        self,
        batch: Batch,
        rows: Tensor,
        *,
        network: Network | None = None,
        entropy_gradient: bool = False,
    ) -> tuple[Tensor, Scores]:
        """The mask (R, T) of `rows`, cut to their longest completion, and their scores."""
        samples = batch.samples
        T = int(samples.lengths[rows].max())
        mask = samples.mask[rows, :T]
        prompts = [batch.completed[row].problem.prompt_ids for row in rows.tolist()]
        with self._clock.measure("score"):
            scores = score(
                network or self._network,
                prompts,
                samples.tokens[rows, :T],
                mask,
                self._config.rollout.temperature,
                entropy_gradient=entropy_gradient,
            )
        return mask, scores

    @torch.no_grad()
    def fill(
        self,
        into: Scores,
        batch: Batch,
        chosen: Tensor,
        check: Callable[[], None],
        network: Network | None = None,
    ) -> None:
        """Write the scores of the `chosen` (B,) rollouts into `into` (B, T), without a gradient.

        `check` is called before each micro-batch and may raise.
        """
        for rows in self.micro_batches(batch, chosen):
            check()
            mask, scores = self.score(batch, rows, network=network)
            into.write(rows, mask.shape[1], scores)
