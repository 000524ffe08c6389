"""Rollouts for people: whole groups, token by token."""

from collections.abc import Sequence

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ahora.config import RunConfig
from ahora.events import Completion, RolloutEvent, RolloutGroup
from worker.trainer.batch import Batch
from worker.trainer.score import Scores

_LONGEST_UNDECODED = 8
"""Tokens that may pass without completing a character before they are given up as none."""


def is_reported(every: int, step: int) -> bool:
    """Whether `step` (from 1) reports rollouts: the first, and each multiple of `every`."""
    return every > 0 and (step == 1 or step % every == 0)


def rollout_events(
    config: RunConfig,
    step: int,
    batch: Batch,
    sampled: Scores,
    weights: Tensor,
    tokenizer: PreTrainedTokenizerBase,
) -> list[RolloutEvent]:
    """The first `logging.rollout_groups` groups of the batch."""
    G = config.rollout.num_generations
    statistics = batch.statistics
    events = []
    for index, problem in enumerate(batch.problems[: config.logging.rollout_groups]):
        rows = range(index * G, (index + 1) * G)
        mean, std = float(statistics.group_mean[index]), float(statistics.group_std[index])
        group = RolloutGroup(
            step=step,
            index=index,
            prompt_id=problem.id,
            prompt=problem.prompt,
            answer=problem.answer,
            completions=[
                _completion(config, row, batch, sampled, weights, tokenizer) for row in rows
            ],
            reward_mean=None if mean != mean else mean,
            reward_std=None if std != std else std,
            has_signal=bool(statistics.has_signal[index]),
        )
        events.append(RolloutEvent(group=group))
    return events


def _completion(
    config: RunConfig,
    row: int,
    batch: Batch,
    sampled: Scores,
    weights: Tensor,
    tokenizer: PreTrainedTokenizerBase,
) -> Completion:
    completed, scored = batch.completed[row], batch.scored[row]
    length = completed.num_tokens
    ids: list[int] = batch.samples.tokens[row, :length].tolist()
    return Completion(
        text=completed.text,
        tokens=token_texts(tokenizer, ids),
        token_ids=ids,
        entropy=sampled.entropy[row, :length].tolist(),
        weight=weights[row, :length].tolist(),
        logprob=sampled.logp[row, :length].tolist(),
        reward=scored.total,
        rewards=scored.scores,
        advantage=float(batch.advantages[row]),
        truncated=completed.truncated,
        correct=is_correct(scored.scores, config.evaluation.threshold),
    )


def is_correct(scores: dict[str, float | None], threshold: float) -> bool:
    """Whether the first reward function's score reaches `threshold`; an unscored one does not."""
    first = next(iter(scores.values()))
    return first is not None and first >= threshold


def token_texts(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """The text each token adds to its completion; special tokens by their name.

    Where several tokens make one character it is the last one's, and the others add "". A token is
    decoded together with those before it, because many tokenizers write a leading space only then.
    """
    special = set(tokenizer.all_special_ids)
    texts: list[str] = []
    context, done = 0, 0
    for index, token in enumerate(ids):
        if token in special:
            texts.append(str(tokenizer.convert_ids_to_tokens(token)))
            context = done = index + 1
            continue
        before = tokenizer.decode(ids[context:done], clean_up_tokenization_spaces=False)
        after = tokenizer.decode(ids[context : index + 1], clean_up_tokenization_spaces=False)
        whole = not after.endswith("\N{REPLACEMENT CHARACTER}")
        if whole or index - done >= _LONGEST_UNDECODED:
            texts.append(after[len(before) :])
            context, done = done, index + 1
        else:
            texts.append("")
    return texts
