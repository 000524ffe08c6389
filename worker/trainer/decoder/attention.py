"""Causal attention of queries that stand at the end of their keys, a block of queries at a time.

On a CPU the scores of a block are computed again in the backward pass, and keys after the block are never
looked at: two to four times faster than PyTorch's flash attention there, with memory linear in the
length. Heads that share a key are one longer query. On a GPU PyTorch's own kernels do it.

Shapes: R rows, K key heads, g query heads a key head, T query positions, S = P + T key positions, d head
dimension.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

BLOCK = 128
"""Query positions of a block."""


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention (R, T, K * g, d) of queries (R, T, K * g, d) to keys and values (R, S, K, d).

    Query t sees the keys 0 .. S - T + t.
    """
    R, T, heads, d = q.shape
    K = k.shape[2]
    grouped = q.unflatten(2, (K, heads // K)).permute(0, 2, 3, 1, 4)  # (R, K, g, T, d)
    k, v = k.transpose(1, 2), v.transpose(1, 2)
    if q.device.type == "cpu":
        found = _Blocks.apply(
            grouped.reshape(R * K, heads // K, T, d), k.flatten(0, 1), v.flatten(0, 1)
        )
    else:
        S = k.shape[2]
        unseen = torch.ones((T, S), dtype=torch.bool, device=q.device).triu(S - T + 1)
        mask = torch.zeros((T, S), dtype=q.dtype, device=q.device).masked_fill_(unseen, -torch.inf)
        found = functional.scaled_dot_product_attention(
            grouped.reshape(R, K, -1, d), k, v, attn_mask=mask.repeat(heads // K, 1)
        )
    return found.reshape(R, K, heads // K, T, d).permute(0, 3, 1, 2, 4).reshape(R, T, heads, d)


class _Block(NamedTuple):
    q: Tensor
    """(R K, g b, d), scaled"""
    p: Tensor
    """(R K, g b, end)"""
    first: int
    last: int
    """Its query positions."""
    end: int
    """Keys that it can see."""


def _blocks(q: Tensor, k: Tensor) -> Iterator[_Block]:
    n, g, T, d = q.shape
    S = k.shape[1]
    for first in range(0, T, BLOCK):
        last = min(first + BLOCK, T)
        b, end = last - first, S - T + last
        scaled = (q[:, :, first:last] * d**-0.5).reshape(n, g * b, d)
        scores = torch.bmm(scaled, k[:, :end].mT)
        unseen = torch.ones((b, b), dtype=torch.bool, device=q.device).triu(1)
        scores.view(n, g, b, end)[..., end - b :].masked_fill_(unseen, -torch.inf)
        yield _Block(scaled, scores.softmax(-1), first, last, end)


class _Blocks(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        ctx.save_for_backward(q, k, v)
        n, g, _, d = q.shape
        found = torch.empty_like(q)
        for block in _blocks(q, k):
            found[:, :, block.first : block.last] = torch.bmm(block.p, v[:, : block.end]).view(
                n, g, -1, d
            )
        return found

    @staticmethod
    def backward(ctx: Any, do: Tensor) -> tuple[Tensor, ...]:
        q, k, v = ctx.saved_tensors
        n, g, _, d = q.shape
        dq = torch.empty_like(q)
        # blocks add up in float32
        dk, dv = (torch.zeros(k.shape, dtype=torch.float32, device=k.device) for _ in range(2))
        for block in _blocks(q, k):
            dout = do[:, :, block.first : block.last].reshape(n, -1, d)
            dv[:, : block.end] += torch.bmm(block.p.mT, dout)
            dp = torch.bmm(dout, v[:, : block.end].mT)
            ds = torch._softmax_backward_data(dp, block.p, -1, q.dtype)
            dk[:, : block.end] += torch.bmm(ds.mT, block.q)
            dq[:, :, block.first : block.last] = torch.bmm(ds, k[:, : block.end]).view(n, g, -1, d)
        return dq.mul_(d**-0.5), dk.to(k.dtype), dv.to(v.dtype)
