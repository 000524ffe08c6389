"""A generation batch: prompts, completions, rewards and advantages of one step.

Shapes: P prompts x G completions = B rollouts; T completion positions (right-padded).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ahora.config import RunConfig
from worker.trainer.advantage import Advantages, group_advantages
from worker.trainer.data import Problem
from worker.trainer.errors import RunError
from worker.trainer.rewards import Completed, Scored
from worker.trainer.rollout import Samples


@dataclass(frozen=True)
class Batch:
    """What one step trains on."""

    problems: Sequence[Problem]
    """(P,)"""
    samples: Samples
    completed: Sequence[Completed]
    """(B,) the completions as the rewards saw them."""
    scored: Sequence[Scored]
    """(B,)"""
    statistics: Advantages
    """Advantages (B,) and group statistics (P,) in float64, on the CPU."""
    advantages: Tensor
    """(B,) float32, on the policy's device."""
    in_loss: Tensor
    """(B,) bool, CPU: scored, and not masked for being truncated."""
    with_gradient: Tensor
    """(B,) bool, CPU: in the loss and in a group whose rewards differ."""
    loss_lengths: Tensor
    """(B,) CPU: completion tokens that denominators count: 0 where masked for being truncated."""


@dataclass(frozen=True)
class Drawn:
    """All N groups that a step sampled, also those that dynamic sampling left out of its batch.

    What describes the policy or the effort is taken over these: rewards over the batch alone would be
    biased by the choice of its groups.
    """

    completed: Sequence[Completed]
    """(N x G,)"""
    scored: Sequence[Scored]
    """(N x G,)"""
    num_generations: int
    """G"""
    rounds: int
    """Rounds of sampling."""

    @property
    def num_groups(self) -> int:
        """N"""
        return len(self.scored) // self.num_generations

    @property
    def num_tokens(self) -> int:
        """Prompt and completion tokens of all rollouts, as TRL counts them."""
        return sum(len(each.problem.prompt_ids) + each.num_tokens for each in self.completed)


def completions(
    problems: Sequence[Problem], samples: Samples, tokenizer: PreTrainedTokenizerBase
) -> list[Completed]:
    """What the rewards are given: each completion's text, without special tokens."""
    per_problem = samples.tokens.shape[0] // len(problems)
    token_lists = samples.token_lists()
    texts = tokenizer.batch_decode(
        token_lists, skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return [
        Completed(
            problem=problems[index // per_problem],
            text=text,
            num_tokens=len(tokens),
            truncated=truncated,
        )
        for index, (text, tokens, truncated) in enumerate(
            zip(texts, token_lists, samples.truncated.tolist(), strict=True)
        )
    ]


def rewards_of(scored: Sequence[Scored]) -> Tensor:
    """Total rewards, float64; NaN where a completion could not be scored."""
    return torch.tensor(
        [torch.nan if each.total is None else each.total for each in scored], dtype=torch.float64
    )


def check_scored(config: RunConfig, scored: Sequence[Scored]) -> None:
    """Raise RunError `rewards_unscored` when too large a share of a step's completions is unscored."""
    unscored = sum(each.total is None for each in scored)
    if unscored > config.rewards.max_unscored_frac * len(scored):
        raise RunError(
            "rewards_unscored",
            f"{unscored} of {len(scored)} completions of a step could not be scored, more than "
            f"rewards.max_unscored_frac ({config.rewards.max_unscored_frac:g}) allows: the log says "
            "why; mend the reward function, raise rewards.timeout, or raise the share",
        )


def make_batch(
    config: RunConfig,
    problems: Sequence[Problem],
    samples: Samples,
    completed: Sequence[Completed],
    scored: Sequence[Scored],
) -> Batch:
    """Put the parts of what a step trains on together."""
    rewards = rewards_of(scored)
    G = config.rollout.num_generations
    statistics = group_advantages(rewards, G, config.algorithm.scale_rewards)
    in_loss, loss_lengths = ~rewards.isnan(), samples.lengths.cpu()
    if config.algorithm.mask_truncated_completions:
        in_loss &= ~samples.truncated.cpu()
        loss_lengths = loss_lengths * ~samples.truncated.cpu()
    return Batch(
        problems=problems,
        samples=samples,
        completed=completed,
        scored=scored,
        statistics=statistics,
        advantages=statistics.values.to(samples.tokens.device, torch.float32),
        in_loss=in_loss,
        with_gradient=in_loss & statistics.has_signal.repeat_interleave(G),
        loss_lengths=loss_lengths,
    )
