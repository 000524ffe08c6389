"""Linear layers that read the same input as one matrix product, with their LoRA adapters.

Query, key and value (or gate and up) are one product: their weights are made neighbours in memory once,
and the layers keep views of it, so that nothing is stored twice and an optimiser's step in place is seen.
Adapters are cast to the precision of the forward pass once for each change, not activations to float32 in
every layer; frozen weights get no gradient.

Shapes: N tokens, I inputs, O outputs of all layers together, R ranks of all adapters together.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn


class Factors(NamedTuple):
    """What a projection multiplies with, in the precision of the forward pass."""

    weight: Tensor
    """(O, I)"""
    bias: Tensor | None
    """(O,)"""
    down: Tensor | None
    """(R, I): the adapters' A, below each other. None without adapters."""
    up: Tensor | None
    """(O, R): the adapters' scaled B, on the diagonal."""


class Unsupported(Exception):
    """This part of a model is computed by transformers alone; the message says why."""


class _Adapter(NamedTuple):
    layer: LoraLinear
    down: nn.Parameter
    """(r, I)"""
    up: nn.Parameter
    """(outputs, r)"""
    scaling: float


class Projection:
    """Layers of the same input; their outputs are neighbours, in order."""

    def __init__(self, layers: Sequence[nn.Module], dtype: torch.dtype) -> None:
        plain = [_base(layer) for layer in layers]
        self._adapters = [_adapter(each) for each in layers if isinstance(each, LoraLinear)]
        if self._adapters and len(self._adapters) != len(layers):
            raise Unsupported("only some of the layers of one input have adapters")
        self._dtype = dtype
        self._weight = _joined([each.weight for each in plain])
        biases = [each.bias for each in plain if each.bias is not None]
        if biases and len(biases) != len(plain):
            raise Unsupported("only some of the layers of one input have a bias")
        self._bias = _joined(biases) if biases else None
        self.sizes = [each.out_features for each in plain]
        if self._adapters:
            self._owned = [each for adapter in self._adapters for each in (adapter.down, adapter.up)]
        else:
            self._owned = [each.weight for each in plain] + biases
        if any(each.requires_grad for each in [*(p.weight for p in plain), *biases]) and (
            self._adapters or not all(each.requires_grad for each in self._owned)
        ):
            raise Unsupported("only some of the weights of one input are trained")
        self._base_cast: tuple[Any, Tensor, Tensor | None] | None = None
        self._made: tuple[Any, Factors] | None = None
        self.dropout = any(
            not isinstance(module, nn.Identity)
            for adapter in self._adapters
            for module in adapter.layer.lora_dropout.values()
        )

    @property
    def trained(self) -> list[nn.Parameter]:
        """The parameters that get a gradient."""
        return self._owned if self._owned[0].requires_grad else []

    def factors(self) -> Factors:
        """The factors of the weights as they are now."""
        active = bool(self._adapters) and not self._adapters[0].layer.disable_adapters
        # every change in place, such as an optimiser's, raises a tensor's version
        key = (active, *(each._version for each in self._owned))
        if self._made is None or self._made[0] != key:
            self._made = (key, self._make(active, key))
        return self._made[1]

    def _make(self, active: bool, key: Any) -> Factors:
        with torch.no_grad():
            weight, bias = self._weight, self._bias
            if weight.dtype != self._dtype:
                weight, bias = self._cast(key)
            if not active:
                return Factors(weight, bias, None, None)
            return Factors(
                weight,
                bias,
                torch.cat([each.down for each in self._adapters]).to(self._dtype),
                torch.block_diag(*(each.up * each.scaling for each in self._adapters)).to(
                    self._dtype
                ),
            )

    def _cast(self, key: Any) -> tuple[Tensor, Tensor | None]:
        """The base weights in the precision of the forward pass; frozen ones are cast once."""
        key = None if self._adapters else key
        if self._base_cast is None or self._base_cast[0] != key:
            bias = None if self._bias is None else self._bias.to(self._dtype)
            self._base_cast = (key, self._weight.to(self._dtype), bias)
        return self._base_cast[1:]

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs (N, O) of `x` (N, I)."""
        if torch.is_grad_enabled() and (self.trained or x.requires_grad):
            return _Project.apply(x, self, *self.trained)
        return _project(x, self.factors())[0]

    def gradients(self, x: Tensor, inner: Tensor | None, dy: Tensor) -> list[Tensor]:
        """Gradients of `trained`, in their own precision, from input, x A^T and output gradient."""
        if not self._adapters:
            by_weight = (dy.T @ x).to(self._weight.dtype).split(self.sizes)
            if self._bias is None:
                return list(by_weight)
            return [*by_weight, *dy.sum(0, dtype=self._bias.dtype).split(self.sizes)]
        factors = self.factors()
        assert factors.up is not None
        assert inner is not None
        down, up = (dy @ factors.up).T @ x, dy.T @ inner
        found, row, column = [], 0, 0
        for adapter, size in zip(self._adapters, self.sizes, strict=True):
            r = adapter.down.shape[0]
            found.append(down[column : column + r].to(adapter.down.dtype))
            block = up[row : row + size, column : column + r]
            found.append(block.to(adapter.up.dtype) * adapter.scaling)
            row, column = row + size, column + r
        return found


def _project(x: Tensor, factors: Factors) -> tuple[Tensor, Tensor | None]:
    y = F.linear(x, factors.weight, factors.bias)
    if factors.down is None or factors.up is None:
        return y, None
    inner = F.linear(x, factors.down)
    return y.addmm_(inner, factors.up.T), inner


class _Project(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, projection: Projection, *trained: Tensor) -> Tensor:
        factors = projection.factors()
        y, inner = _project(x, factors)
        ctx.projection, ctx.factors = projection, factors
        ctx.save_for_backward(x, inner)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, inner = ctx.saved_tensors
        projection, factors = ctx.projection, ctx.factors
        dx = None
        if ctx.needs_input_grad[0]:
            dx = dy @ factors.weight
            if factors.up is not None:
                dx.addmm_(dy @ factors.up, factors.down)
        if len(ctx.needs_input_grad) == 2:
            return dx, None
        if inner is None and projection._adapters:  # switched off: the reference pass has no gradient
            return dx, None, *(None for _ in projection.trained)
        return dx, None, *projection.gradients(x, inner, dy)


def _base(layer: nn.Module) -> nn.Linear:
    base = layer.base_layer if isinstance(layer, LoraLinear) else layer
    if type(base) is not nn.Linear:
        raise Unsupported(f"{type(layer).__name__} in the place of a linear layer")
    return base


def _adapter(layer: LoraLinear) -> _Adapter:
    (name,) = layer.active_adapters if len(layer.active_adapters) == 1 else ("",)
    if name not in layer.lora_A or layer.lora_variant or layer.merged or layer.fan_in_fan_out:
        raise Unsupported("an adapter that is not plain LoRA")
    if layer.lora_A[name].bias is not None or layer.lora_B[name].bias is not None:
        raise Unsupported("an adapter with a bias")
    return _Adapter(
        layer, layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name]
    )


def _joined(parameters: Sequence[nn.Parameter]) -> Tensor:
    """One tensor of which the parameters become views."""
    if len(parameters) == 1:
        return parameters[0].detach()
    whole = torch.cat([each.detach() for each in parameters])
    at = 0
    for each in parameters:
        each.data = whole[at : at + each.shape[0]]
        at += each.shape[0]
    return whole
