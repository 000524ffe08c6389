"""Linear layers that read the same input as one matrix product, with their LoRA adapters.

Query, key and value (or gate and up) are one product: their weights are made neighbours in memory once,
and the layers keep views of it, so that nothing is stored twice and an optimiser's step in place is seen.
Adapters are cast to the precision of the forward pass once for each change, not activations to float32 in
every layer; frozen weights get no gradient.

Shapes: N tokens, I inputs, O outputs of all layers together, R ranks of all adapters together.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.optimizer import register_optimizer_step_post_hook


class _Steps:
    """Steps that any optimiser has made: a fused one raises no tensor's version."""

    count = 0

    @classmethod
    def add(cls, *_: object) -> None:
        """Called after each."""
        cls.count += 1


register_optimizer_step_post_hook(_Steps.add)


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


class UnsupportedError(Exception):
    """This part of a model is computed by transformers alone; the message says why."""


class _Adapter(NamedTuple):
    layer: LoraLinear
    outputs: slice
    """Of all outputs."""
    down: Tensor
    """(r, I)"""
    up: Tensor
    """(outputs, r)"""
    scaling: float


class Projection:
    """Layers of the same input; their outputs are neighbours, in order."""

    def __init__(self, layers: Sequence[nn.Module], dtype: torch.dtype) -> None:
        plain = [_base(layer) for layer in layers]
        self.sizes = [each.out_features for each in plain]
        ends = itertools.accumulate(self.sizes)
        self._adapters = [
            _adapter(layer, slice(end - size, end))
            for layer, size, end in zip(layers, self.sizes, ends, strict=True)
            if isinstance(layer, LoraLinear)
        ]
        self._dtype = dtype
        self._weight = _joined([each.weight for each in plain])
        biases: list[Tensor] = [each.bias for each in plain if each.bias is not None]
        if biases and len(biases) != len(plain):
            raise UnsupportedError("only some of the layers of one input have a bias")
        self._bias = _joined(biases) if biases else None
        if self._adapters:
            self._owned = [
                each for adapter in self._adapters for each in (adapter.down, adapter.up)
            ]
        else:
            self._owned = [*(each.weight for each in plain), *biases]
        if any(each.requires_grad for each in [*(p.weight for p in plain), *biases]) and (
            self._adapters or not all(each.requires_grad for each in self._owned)
        ):
            raise UnsupportedError("only some of the weights of one input are trained")
        self._base_cast: tuple[Any, Tensor, Tensor | None] | None = None
        self._made: tuple[Any, Factors] | None = None
        self._packed: tuple[Any, Tensor] | None = None
        self.dropout = any(
            not isinstance(module, nn.Identity)
            for adapter in self._adapters
            for module in adapter.layer.lora_dropout.values()
        )

    @property
    def trained(self) -> list[Tensor]:
        """The parameters that get a gradient."""
        return self._owned if self._owned[0].requires_grad else []

    def factors(self) -> Factors:
        """The factors of the weights as they are now."""
        active = bool(self._adapters) and not self._adapters[0].layer.disable_adapters
        # nor does it when a parameter is given other data
        states = (state for each in self._owned for state in (each._version, each.data_ptr()))
        key = (active, _Steps.count, *states)
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
            down = torch.cat([each.down for each in self._adapters]).to(self._dtype)
            up = weight.new_zeros((weight.shape[0], len(down)))
            for adapter, ranks in self._placed():
                up[adapter.outputs, ranks] = adapter.up * adapter.scaling
            return Factors(weight, bias, down, up)

    def _placed(self) -> Iterator[tuple[_Adapter, slice]]:
        """The adapters and which of the R ranks are theirs."""
        first = 0
        for adapter in self._adapters:
            yield adapter, slice(first, first + len(adapter.down))
            first += len(adapter.down)

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

    def product(self, rows: int) -> "Product":
        """The projection as it is now, for about `rows` inputs at a time and no gradient."""
        factors = self.factors()
        if not packs(factors.weight):
            return Product(factors, None)
        key = self._made and self._made[0]
        if self._packed is None or self._packed[0] != key:
            whole = factors.weight
            if factors.down is not None:  # one product gives the adapters' inner values too
                whole = torch.cat((whole, factors.down))
            self._packed = (key, torch.ops.mkldnn._reorder_linear_weight(whole, rows))
        return Product(factors, self._packed[1])

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
        found = []
        for adapter, ranks in self._placed():
            block = up[adapter.outputs, ranks].to(adapter.up.dtype) * adapter.scaling
            found += [down[ranks].to(adapter.down.dtype), block]
        return found


class Product:
    """A projection of fixed weights, for decoding.

    A CPU's matrix units want bfloat16 weights in an order of their own, which `linear` makes at every
    call: as much work as the product itself when there are few rows. Here it is made once.
    """

    def __init__(self, factors: Factors, packed: Tensor | None) -> None:
        self._factors = factors
        self._packed = packed

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs (N, O) of `x` (N, I)."""
        if self._packed is None:
            return _project(x, self._factors)[0]
        _, bias, _, up = self._factors
        y = torch.ops.mkldnn._linear_pointwise(x, self._packed, None, "none", [], "")
        if up is not None:
            y, inner = y[:, : len(up)], y[:, len(up) :]
            y = y.addmm_(inner, up.T)
        return y if bias is None else y + bias


def packs(weight: Tensor) -> bool:
    """Whether `weight` can be put into the order of this CPU's matrix units."""
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.bfloat16
        and torch.backends.mkldnn.is_available()
        and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


def _project(x: Tensor, factors: Factors) -> tuple[Tensor, Tensor | None]:
    y = functional.linear(x, factors.weight, factors.bias)
    if factors.down is None or factors.up is None:
        return y, None
    inner = functional.linear(x, factors.down)
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
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, inner = ctx.saved_tensors
        projection, factors = ctx.projection, ctx.factors
        dx = None
        if ctx.needs_input_grad[0]:
            dx = dy @ factors.weight
            if factors.up is not None:
                dx.addmm_(dy @ factors.up, factors.down)
        if len(ctx.needs_input_grad) == 2:
            return dx, None
        if (
            inner is None and projection._adapters
        ):  # switched off: the reference pass has no gradient
            return dx, None, *(None for _ in projection.trained)
        return dx, None, *projection.gradients(x, inner, dy)


def _base(layer: nn.Module) -> nn.Linear:
    base = layer.base_layer if isinstance(layer, LoraLinear) else layer
    if type(base) is not nn.Linear:
        raise UnsupportedError(f"{type(layer).__name__} in the place of a linear layer")
    return base


def _adapter(layer: LoraLinear, outputs: slice) -> _Adapter:
    (name,) = layer.active_adapters if len(layer.active_adapters) == 1 else ("",)
    if name not in layer.lora_A or layer.lora_variant or layer.merged or layer.fan_in_fan_out:
        raise UnsupportedError("an adapter that is not plain LoRA")
    if layer.lora_A[name].bias is not None or layer.lora_B[name].bias is not None:
        raise UnsupportedError("an adapter with a bias")
    return _Adapter(
        layer,
        outputs,
        layer.lora_A[name].weight,
        layer.lora_B[name].weight,
        layer.scaling[name],
    )


def _joined(parameters: Sequence[Tensor]) -> Tensor:
    """One tensor of which the parameters become views."""
    if len(parameters) == 1:
        return parameters[0].detach()
    whole = torch.cat([each.detach() for each in parameters])
    at = 0
    for each in parameters:
        each.data = whole[at : at + each.shape[0]]
        at += each.shape[0]
    return whole
