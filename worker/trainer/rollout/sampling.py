"""How the next token is chosen: greedily, or at a temperature from what top-k, top-p and min-p leave.

The filters follow transformers' warpers and their order: temperature, top_k, top_p, min_p.
Shapes: n rows, V vocabulary size.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from ahora.config import RolloutConfig


@dataclass(frozen=True)
class Sampling:
    """Settings of one call of the sampler."""

    max_length: int
    """Longest completion, in tokens."""
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    greedy: bool = False
    """Take the likeliest token; the filters have no effect then."""

    @staticmethod
    def of(config: RolloutConfig, *, greedy: bool = False) -> "Sampling":
        """What the configuration says about rollouts."""
        return Sampling(
            max_length=config.max_completion_length,
            temperature=config.temperature,
            top_p=config.top_p,
            top_k=config.top_k,
            min_p=config.min_p,
            greedy=greedy,
        )

    def choose(
        self,
        logprobs: Tensor,
        generator: torch.Generator | None,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Next tokens (n,) from `logprobs` (n, V) at the temperature, each row up to a constant.

        `weights` are their exponentials, where these are at hand.
        """
        if self.greedy:
            return logprobs.argmax(dim=-1)
        if weights is None or self.top_k or self.top_p < 1.0 or self.min_p > 0.0:
            weights = self._filtered(logprobs).exp()
        return drawn(weights, generator)

    def _filtered(self, logprobs: Tensor) -> Tensor:
        """`logprobs` with what the filters remove at -inf; not normalised again."""
        if self.top_k:
            logprobs = keep_top_k(logprobs, self.top_k)
        if self.top_p < 1.0:
            logprobs = keep_top_p(logprobs, self.top_p)
        if self.min_p > 0.0:
            logprobs = keep_min_p(logprobs, self.min_p)
        return logprobs


def drawn(weights: Tensor, generator: torch.Generator | None) -> Tensor:
    """Token v of row i with probability `weights[i, v]` over the row's sum: (n,) of (n, V).

    One uniform number a row is looked up in the sums of blocks of tokens, then inside its block: a
    number a token (the Gumbel trick, `multinomial`) costs ten times more.
    """
    n, V = weights.shape
    width = _block_width(V)
    if V % width:
        weights = functional.pad(weights, (0, -V % width))
    blocks = weights.view(n, -1, width)
    until = blocks.sum(dim=2).double().cumsum(dim=1)
    uniform = torch.rand((n, 1), dtype=torch.float64, device=weights.device, generator=generator)
    # the first place whose running sum exceeds the target has a weight above 0
    target = uniform * until[:, -1:]
    block = (until <= target).sum(dim=1, keepdim=True).clamp_(max=blocks.shape[1] - 1)
    upper = until.gather(1, block)
    lower = torch.where(block > 0, until.gather(1, (block - 1).clamp(min=0)), 0.0)
    inside = blocks[torch.arange(n, device=weights.device), block[:, 0]].double().cumsum(dim=1)
    whole = inside[:, -1:]
    target = (target - lower) / (upper - lower) * whole
    target = torch.minimum(target, torch.nextafter(whole, torch.zeros_like(whole)))
    place = (inside <= target).sum(dim=1, keepdim=True)
    # only numbers that are none lead past the end
    return (block * width + place)[:, 0].clamp_(max=V - 1)


@lru_cache
def _block_width(V: int) -> int:
    """About the square root of V, and a divisor of it if there is one near."""
    root = math.isqrt(V - 1) + 1
    return next((width for width in range(root, 2 * root) if V % width == 0), root)


def keep_top_k(logprobs: Tensor, k: int) -> Tensor:
    """Keep the k likeliest tokens, and those as likely as the last of them."""
    threshold = logprobs.topk(min(k, logprobs.shape[-1]), dim=-1).values[:, -1:]
    return logprobs.masked_fill(logprobs < threshold, -torch.inf)


def keep_top_p(logprobs: Tensor, p: float) -> Tensor:
    """Keep the smallest set of likeliest tokens whose share of what is left reaches p."""
    ordered, order = logprobs.log_softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    shares = ordered.exp()
    before = shares.cumsum(dim=-1) - shares
    removed = torch.zeros_like(logprobs, dtype=torch.bool)
    removed.scatter_(1, order, before >= p)
    removed.scatter_(1, order[:, :1], False)
    return logprobs.masked_fill(removed, -torch.inf)


def keep_min_p(logprobs: Tensor, min_p: float) -> Tensor:
    """Keep tokens at least `min_p` times as likely as the likeliest."""
    difference = logprobs - logprobs.amax(dim=-1, keepdim=True)
    return logprobs.masked_fill(difference.exp() < min_p, -torch.inf)
