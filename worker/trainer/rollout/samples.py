"""What a rollout engine gives back."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Samples:
    """B completions, right-padded to the longest; the G of one prompt are neighbours."""

    tokens: Tensor
    """(B, T) ids; the padding token where masked."""
    mask: Tensor
    """(B, T) bool: completion tokens up to and including the first end token."""
    logprob: Tensor
    """(B, T) float32, 0 where masked."""
    entropy: Tensor
    """(B, T) float32, nats, 0 where masked."""
    truncated: Tensor
    """(B,) bool: reached the longest length without an end token."""

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
