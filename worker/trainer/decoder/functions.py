"""Normalisation, gated activation and rotary positions, each with a backward pass that recomputes
rather than keeps.

Shapes: N tokens, H hidden size, F MLP size, h heads, d head dimension.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        y, scale = _normalised(x, weight, eps, dtype)
        ctx.save_for_backward(x, weight, scale)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, scale = ctx.saved_tensors
        unit = x.float() * scale
        dy = dy.float()
        dweight = None
        if ctx.needs_input_grad[1]:
            dweight = (dy * unit).flatten(0, -2).sum(0).to(weight.dtype)
        dunit = dy * weight.float()
        along = (dunit * unit).mean(-1, keepdim=True)
        dx = dunit.addcmul_(unit, along, value=-1).mul_(scale)
        return dx.to(x.dtype), dweight, None, None


def rms_norm(x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
    """`x` (..., H) over its root mean square, times `weight` (H,), in `dtype`; float32 inside."""
    if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
        return _RmsNorm.apply(x, weight, eps, dtype)
    return _normalised(x, weight, eps, dtype)[0]


def _normalised(x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    wide = x.float()
    scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    # rounded before the weight, as transformers does
    return ((wide * scale).to(x.dtype) * weight).to(dtype), scale


class _SwiGlu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate_up: Tensor) -> Tensor:
        ctx.save_for_backward(gate_up)
        return _gated(gate_up)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Tensor:
        (gate_up,) = ctx.saved_tensors
        gate, up = gate_up.chunk(2, dim=-1)
        found = torch.empty_like(gate_up)
        dgate, dup = found.chunk(2, dim=-1)
        torch.ops.aten.silu_backward.grad_input(dy * up, gate, grad_input=dgate)
        torch.mul(functional.silu(gate), dy, out=dup)
        return found


def swiglu(gate_up: Tensor) -> Tensor:
    """silu(gate) * up (N, F) of `gate_up` (N, 2F)."""
    if torch.is_grad_enabled() and gate_up.requires_grad:
        return _SwiGlu.apply(gate_up)
    return _gated(gate_up)


def _gated(gate_up: Tensor) -> Tensor:
    gate, up = gate_up.chunk(2, dim=-1)
    return functional.silu(gate).mul_(up)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """`x` (N, h, d) turned by the angles of `cos`, `sin` (N, 1, d), whose halves are equal but for
    the sign that `signed` gives `sin`."""
    halves = x.unflatten(-1, (2, -1)).flip(-2).flatten(-2)
    return torch.addcmul(x * cos, halves, sin)


def signed(sin: Tensor) -> Tensor:
    """`sin` (..., d) with its first half negated: what the swapped halves are multiplied by."""
    first, second = sin.chunk(2, dim=-1)
    return torch.cat((-first, second), dim=-1)


class _SplitRotate(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv: Tensor, cos: Tensor, sin: Tensor, turned: int, keys: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        ctx.save_for_backward(cos, sin)
        ctx.turned = turned
        qk = rotate(qkv[:, :turned], cos, sin)
        return qk[:, :-keys], qk[:, -keys:], qkv[:, turned:].clone()

    @staticmethod
    def backward(ctx: Any, dq: Tensor, dk: Tensor, dv: Tensor) -> tuple[Tensor | None, ...]:
        cos, sin = ctx.saved_tensors
        # the transpose of a rotation turns back
        turned = rotate(torch.cat((dq, dk), dim=1), cos, -sin)
        return torch.cat((turned, dv), dim=1), None, None, None, None


def split_and_rotate(
    qkv: Tensor, cos: Tensor, sin: Tensor, keys: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries (N, h, d) and keys (N, `keys`, d), rotated, and values (N, `keys`, d) of `qkv`
    (N, h + 2 keys, d)."""
    turned = qkv.shape[1] - keys
    if torch.is_grad_enabled() and qkv.requires_grad:
        return _SplitRotate.apply(qkv, cos, sin, turned, keys)
    qk = rotate(qkv[:, :turned], cos, sin)
    return qk[:, :-keys], qk[:, -keys:], qkv[:, turned:]


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slots: Tensor, size: int) -> Tensor:
        ctx.save_for_backward(slots)
        return x.new_zeros((size, *x.shape[1:])).index_copy_(0, slots, x)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        (slots,) = ctx.saved_tensors
        return dy.index_select(0, slots), None, None


def spread(x: Tensor, slots: Tensor, size: int) -> Tensor:
    """`x` (N, ...) at the distinct places `slots` (N,) of zeros (size, ...)."""
    return _Spread.apply(x, slots, size)


class _Collect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slots: Tensor) -> Tensor:
        ctx.save_for_backward(slots)
        ctx.size = x.shape[0]
        return x.index_select(0, slots)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        (slots,) = ctx.saved_tensors
        return dy.new_zeros((ctx.size, *dy.shape[1:])).index_copy_(0, slots, dy), None


def collect(x: Tensor, slots: Tensor) -> Tensor:
    """The rows at the distinct places `slots` (N,) of `x`: the opposite of `spread`."""
    return _Collect.apply(x, slots)
