"""What a rollout engine gives back."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class Samples:
    """B completions, right-padded to the longest; the G of one prompt are neighbours."""

    tokens: Tensor
    """(B, T) ids; the padding token where masked."""
    mask: Tensor
    """(B, T) bool: completion tokens up to and including the first end token."""
    logprob: Tensor
    """(B, T) float32, nats, 0 where masked: of the tokens under the engine that drew them."""
    entropy: Tensor
    """(B, T) float32, nats, 0 where masked."""
    truncated: Tensor
    """(B,) bool: reached the longest length without an end token."""
    policy_scores: bool = True
    """Whether `logprob` and `entropy` are the policy's own, at the sampling temperature. If not, `logprob`
    is that of the engine's distribution, after its filters, and `entropy` is 0: ask the policy."""

    @property
    def lengths(self) -> Tensor:
        """(B,) completion tokens."""
        return self.mask.sum(dim=1)

    def token_lists(self) -> list[list[int]]:
        """The ids of each completion without its padding."""
        return [
            row[:length]
            for row, length in zip(self.tokens.tolist(), self.lengths.tolist(), strict=True)
        ]

    def select(self, rows: Sequence[int]) -> "Samples":
        """The completions `rows`, in that order, padded to the longest of them."""
        index = torch.tensor(rows, device=self.mask.device)
        T = int(self.lengths[index].max())
        return Samples(
            tokens=self.tokens[index, :T],
            mask=self.mask[index, :T],
            logprob=self.logprob[index, :T],
            entropy=self.entropy[index, :T],
            truncated=self.truncated[index],
            policy_scores=self.policy_scores,
        )


def concatenated(parts: Sequence[Samples], pad_token_id: int) -> Samples:
    """The completions of all `parts` one after the other, padded to the longest of all."""
    T = max(part.mask.shape[1] for part in parts)

    def joined(tensors: list[Tensor], value: float = 0) -> Tensor:
        return torch.cat([pad(each, (0, T - each.shape[1]), value=value) for each in tensors])

    return Samples(
        tokens=joined([part.tokens for part in parts], pad_token_id),
        mask=joined([part.mask for part in parts]),
        logprob=joined([part.logprob for part in parts]),
        entropy=joined([part.entropy for part in parts]),
        truncated=torch.cat([part.truncated for part in parts]),
        policy_scores=all(part.policy_scores for part in parts),
    )
