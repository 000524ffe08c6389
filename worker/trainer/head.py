"""Log-probability and entropy of chosen tokens straight from hidden states, a chunk of logits at a time.

The gradient of ln p(token) by the hidden state is (W[token] - sum_v p_v W[v]) / temperature: with a frozen
output head it is made in the forward pass, while the chunk's probabilities are at hand, and the backward
pass only scales it. No logits are kept and none are made twice. A head that is trained makes its logits
again in the backward pass, since its own gradient needs them.

Shapes: N tokens, H hidden size, V vocabulary size.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from worker.trainer.decoder.projection import Projection

_PIECE = 2**21
"""Values of logits that are turned into probabilities at a time on a CPU, so that they stay in its cache."""


class _Chunk(NamedTuple):
    rows: slice
    logp: Tensor
    """(n,) float32"""
    entropy: Tensor
    """(n,) float32"""
    slope: Tensor | None
    """(n, V): gradient of logp by the logits, in the precision of the forward pass."""


def token_scores(
    head: Projection, hidden: Tensor, targets: Tensor, temperature: float, chunk_elements: int
) -> tuple[Tensor, Tensor]:
    """Log-probabilities, with gradient, and entropies, without, of `targets` (N,) after `hidden` (N, H).

    Both (N,), float32, nats, at the temperature. At most `chunk_elements` logits exist at a time.
    """
    return _TokenScores.apply(
        hidden,
        head,
        targets,
        temperature,
        chunk_elements,
        *(head.trained if torch.is_grad_enabled() else ()),
    )


def _chunks(
    head: Projection,
    hidden: Tensor,
    targets: Tensor,
    temperature: float,
    chunk_elements: int,
    *,
    slopes: bool,
) -> Iterator[_Chunk]:
    weight, bias, *_ = head.factors()
    V = weight.shape[0]
    size = max(1, chunk_elements // V)
    piece = max(1, _PIECE // V) if hidden.device.type == "cpu" else size
    # buffers are used again: fresh memory costs more than the arithmetic
    buffers = hidden.new_empty((2, min(piece, size, len(hidden)), V), dtype=torch.float32)
    for first in range(0, len(hidden), size):
        rows = slice(first, min(first + size, len(hidden)))
        logits = functional.linear(hidden[rows], weight, bias)
        parts = [
            _piece(values, chosen, temperature, buffers[:, : len(values)], slopes=slopes)
            for values, chosen in zip(logits.split(piece), targets[rows].split(piece), strict=True)
        ]
        logp, entropy = (torch.cat(each) for each in zip(*parts, strict=True))
        yield _Chunk(rows, logp, entropy, logits if slopes else None)


def _piece(
    logits: Tensor, chosen: Tensor, temperature: float, buffers: Tensor, *, slopes: bool
) -> tuple[Tensor, Tensor]:
    """Log-probability and entropy (n,) of `logits` (n, V), which become slopes if they are wanted."""
    shifted, odds = buffers
    shifted.copy_(logits)
    if temperature != 1.0:
        shifted.div_(temperature)
    # relative to the largest, every term of the entropy is non-negative; -inf must give 0 ln 0 = 0
    shifted.sub_(shifted.amax(dim=1, keepdim=True)).clamp_(min=-1e30)
    torch.exp(shifted, out=odds)
    total = odds.sum(dim=1)
    log_total = total.log()
    logp = shifted.gather(1, chosen[:, None])[:, 0] - log_total
    entropy = log_total - shifted.mul_(odds).sum(dim=1) / total
    if slopes:
        odds.mul_(-total.reciprocal()[:, None])
        # in float32, since 1 - p of a likely token would be lost in bfloat16
        odds[torch.arange(len(chosen), device=chosen.device), chosen] += 1.0
        logits.copy_(odds)
    return logp, entropy


class _TokenScores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        head: Projection,
        targets: Tensor,
        temperature: float,
        chunk_elements: int,
        *trained: Tensor,
    ) -> tuple[Tensor, Tensor]:
        frozen = ctx.needs_input_grad[0] and not trained
        slopes = torch.empty_like(hidden) if frozen else None
        logp = hidden.new_empty(len(hidden), dtype=torch.float32)
        entropy = torch.empty_like(logp)
        for chunk in _chunks(head, hidden, targets, temperature, chunk_elements, slopes=frozen):
            logp[chunk.rows], entropy[chunk.rows] = chunk.logp, chunk.entropy
            if slopes is not None and chunk.slope is not None:
                torch.mm(chunk.slope, head.factors().weight, out=slopes[chunk.rows])
        ctx.head, ctx.temperature, ctx.chunk_elements = head, temperature, chunk_elements
        ctx.save_for_backward(hidden if trained else slopes, targets)
        ctx.mark_non_differentiable(entropy)
        return logp, entropy

    @staticmethod
    def backward(ctx: Any, dlogp: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        saved, targets = ctx.saved_tensors
        by_logits = (dlogp / ctx.temperature)[:, None]
        if len(ctx.needs_input_grad) == 5:
            return (saved * by_logits).to(saved.dtype), None, None, None, None
        head, dhidden = ctx.head, torch.empty_like(saved)
        found: list[Tensor] = []
        for chunk in _chunks(
            head, saved, targets, ctx.temperature, ctx.chunk_elements, slopes=True
        ):
            assert chunk.slope is not None
            slope = chunk.slope.mul_(by_logits[chunk.rows])
            torch.mm(slope, head.factors().weight, out=dhidden[chunk.rows])
            parts = head.gradients(saved[chunk.rows], None, slope)
            found = [a.add_(b) for a, b in zip(found, parts, strict=True)] if found else parts
        return dhidden, None, None, None, None, *found
