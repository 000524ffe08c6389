"""The updates of one step: what is made of a generation batch.

As in TRL with gradient_accumulation_steps = 1: the rollouts are shuffled and split into
`steps_per_generation` parts of equal size, one optimiser update is made of each, and all parts are gone
through `num_iterations` times. The first update is on-policy, and its old log-probabilities are its own;
the others take ratios against the policy that sampled, scored before it changed.

An update whose part has nothing to train still moves the optimiser, with zero gradients. One whose loss
or gradient norm is not finite is left out: weights and optimiser state stay as they were, and it is
counted; `note_skipped` ends a run whose steps change nothing.

Shapes: B rollouts, T completion positions (right-padded).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from ahora.config import RunConfig
from worker.trainer.batch import Batch
from worker.trainer.clock import Clock
from worker.trainer.errors import RunError
from worker.trainer.gradient import Gradient, Update, trained_rows
from worker.trainer.journal import Journal
from worker.trainer.memory import Lots
from worker.trainer.models import Policy
from worker.trainer.network import Network
from worker.trainer.optimizer import trained_parameters
from worker.trainer.order import derived_seed
from worker.trainer.score import Scores
from worker.trainer.scoring import Scorer
from worker.trainer.state import TrainingState

Found = TypeVar("Found")

MAX_SKIPPED_IN_A_ROW = 3
"""Steps without a finite update that end a run."""


class Updated(NamedTuple):
    """What the updates of a step found."""

    sampled: Scores
    """(B, T) of the policy that sampled: from the scoring pass where a rollout was trained or the sampler
    does not know them, else the sampler's own."""
    updates: list[Update]
    """In the order they were made."""


def split_rows(B: int, parts: int, seed: int) -> list[Tensor]:
    """Masks (B,), bool, of `parts` random parts of equal size; of one part, everything.

    Rollouts are shuffled, not groups, as in TRL: a group may be spread over several updates.
    """
    if parts == 1:
        return [torch.ones(B, dtype=torch.bool)]
    order = torch.randperm(B, generator=torch.Generator().manual_seed(seed))
    return [torch.zeros(B, dtype=torch.bool).scatter(0, rows, True) for rows in order.chunk(parts)]


class Updater:
    """Changes the policy."""

    def __init__(
        self,
        config: RunConfig,
        policy: Policy,
        network: Network,
        optimizer: torch.optim.Optimizer,
        clock: Clock,
        lots: Lots,
    ) -> None:
        self._config = config
        self._policy = policy
        self._network = network
        self._optimizer = optimizer
        self._clock = clock
        self._lots = lots
        self._parameters = trained_parameters(policy.model)
        self._scorer = Scorer(config, network, clock)
        self._gradient = Gradient(config, network, self._scorer, self._parameters, clock)

    def update(
        self,
        batch: Batch,
        step: int,
        learning_rate: float,
        check: Callable[[], None],
        check_late: Callable[[], None] = lambda: None,
    ) -> Updated:
        """All updates of `step` (from 1), whose rollouts are `batch`.

        `check` is called before each micro-batch until the policy first changes, `check_late` from
        then on; they may raise to abandon the step.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        parts = split_rows(
            len(batch.in_loss),
            self._config.rollout.steps_per_generation,
            derived_seed(self._config.seed, "parts", step),
        )
        sampled = Scores(batch.samples.logprob.clone(), batch.samples.entropy.clone())
        trained = trained_rows(self._config.algorithm, batch)
        later = trained & ~parts[0]
        if not batch.samples.policy_scores:
            later = ~(trained & parts[0])
        # without dropout, as it sampled
        self._policy.model.eval()
        self._in_lots(batch, lambda: self._scorer.fill(sampled, batch, later, check))
        ref_logp = self._reference(batch, check) if self._config.algorithm.beta > 0 else None
        self._policy.model.train()
        updates: list[Update] = []
        for part in parts * self._config.algorithm.num_iterations:
            of_part = partial(self._gradient.of_part, batch, part, sampled, ref_logp, check)
            found = self._in_lots(batch, partial(of_part, on_policy=not updates))
            with self._clock.measure("optimizer"):
                self._apply(found)
            updates.append(found)
            check = check_late
        return Updated(sampled, updates)

    def _apply(self, found: Update) -> None:
        norm = torch.nn.utils.clip_grad_norm_(
            self._parameters, self._config.optimizer.max_grad_norm
        )
        found.grad_norm = float(norm)
        if math.isfinite(found.loss) and math.isfinite(found.grad_norm):
            self._optimizer.step()
        else:
            found.skipped = True

    def _reference(self, batch: Batch, check: Callable[[], None]) -> Tensor:
        """Log-probabilities (B, T) under the initial model."""
        scores = Scores(*(torch.zeros_like(batch.samples.logprob) for _ in range(2)))
        with self._policy.reference() as module:
            reference = self._network.like(module)
            fill = partial(self._scorer.fill, scores, batch, batch.in_loss, check)
            self._in_lots(batch, partial(fill, network=reference))
        return scores.logp

    def _in_lots(self, batch: Batch, work: Callable[[], Found]) -> Found:
        """`work`, which goes through micro-batches, again with smaller ones while memory runs out."""

        def with_size(size: int) -> Found:
            self._scorer.micro_batch_size = size
            return work()

        wanted = min(self._config.optimizer.per_device_train_batch_size, len(batch.in_loss))
        return self._lots.run("completions in a micro-batch", wanted, with_size)


def note_skipped(state: TrainingState, updates: Sequence[Update], journal: Journal) -> None:
    """Warn of updates that were left out in the step that `state` has just counted.

    Raises RunError `nan_loss` after `MAX_SKIPPED_IN_A_ROW` steps with nothing else.
    """
    skipped = [each for each in updates if each.skipped]
    state.skipped_in_a_row = state.skipped_in_a_row + 1 if len(skipped) == len(updates) else 0
    if not skipped:
        return
    journal.log(
        "warning",
        f"step {state.step}: {len(skipped)} of {len(updates)} updates left out, since loss "
        f"({skipped[0].loss:g}) or gradient norm ({skipped[0].grad_norm:g}) is not finite",
    )
    if state.skipped_in_a_row >= MAX_SKIPPED_IN_A_ROW:
        raise RunError(
            "nan_loss",
            f"loss or gradient was not finite in {MAX_SKIPPED_IN_A_ROW} steps in a row: lower "
            "optimizer.learning_rate, use model.dtype float32, or check the reward's range, then "
            "resume the run; its last checkpoint is sound",
        )
