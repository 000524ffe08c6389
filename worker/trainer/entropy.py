"""Token entropy of the policy, in nats, and its normalisation.

H = -sum_v p_v ln p_v at the sampling temperature, without gradient; h = H / ln V in [0, 1].
The abstract of arXiv 2606.05434 says "per-token normalised entropy"; ln V is this project's choice.

The sum is taken as sum_v p_v (logsumexp - x_v): every term is non-negative, where the shorter
logsumexp - E[x] cancels catastrophically on peaked rows. Chunks bound the float32 copies.

Shapes: N tokens, V vocabulary size.
"""

import math

import torch
from torch import Tensor

CHUNK_ELEMENTS = 2**24
"""Most float32 values of logits that exist at a time: 64 MiB."""


@torch.no_grad()
def token_entropy(
    logits: Tensor, chunk_tokens: int | None = None, chunk_vocabulary: int | None = None
) -> Tensor:
    """Entropy (N,) float32 of `logits` (N, V) of any float type; logits of -inf have probability 0."""
    N, V = logits.shape
    width = min(chunk_vocabulary or V, CHUNK_ELEMENTS)
    rows = chunk_tokens or max(1, CHUNK_ELEMENTS // width)
    entropy = torch.empty(N, dtype=torch.float32, device=logits.device)
    for start in range(0, N, rows):
        chunk = logits[start : start + rows]
        # relative to the largest, so that large logits lose no absolute precision
        largest = chunk.amax(dim=1, keepdim=True).float()
        partial = [
            (piece.float() - largest).logsumexp(dim=1) for piece in chunk.split(width, dim=1)
        ]
        total = torch.stack(partial, dim=1).logsumexp(dim=1, keepdim=True)
        terms = [surprise(piece.float() - largest - total) for piece in chunk.split(width, dim=1)]
        entropy[start : start + rows] = torch.stack(terms).sum(dim=0)
    return entropy


def surprise(logprobs: Tensor) -> Tensor:
    """-sum p ln p over the last dimension, with 0 ln 0 = 0; its gradient is right there too."""
    return -(logprobs.exp() * logprobs.clamp(min=torch.finfo(logprobs.dtype).min)).sum(dim=-1)


@torch.no_grad()
def entropy_of_logprobs(logprobs: Tensor) -> Tensor:
    """Entropy (N,) of normalised `logprobs` (N, V)."""
    return surprise(logprobs)


def normalised(entropy: Tensor, vocabulary_size: int) -> Tensor:
    """h = H / ln V, clamped to [0, 1]: rounding exceeds 1 by 4e-7 at V = 151,936."""
    return (entropy / math.log(vocabulary_size)).clamp(0.0, 1.0)
