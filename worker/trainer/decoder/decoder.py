"""The forward pass of Llama-like models over tokens laid out without padding, and each prompt once.

It computes what transformers' classes compute for Llama, Mistral, Qwen2 and Qwen3 models whose layers all
attend to everything before them; `Network.verify` compares the two when a run starts. Gradients of a
prompt's shared keys and values are the sum over its completions.

Shapes: N tokens of a `Layout`, H hidden size, h query heads, K key heads, d head dimension.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from worker.trainer.decoder.attention import attend
from worker.trainer.decoder.functions import (
    collect,
    rms_norm,
    signed,
    split_and_rotate,
    spread,
    swiglu,
)
from worker.trainer.decoder.layout import Layout, Unit
from worker.trainer.decoder.projection import Projection, UnsupportedError

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
"""`model_type`s that are computed here."""

Keep = Callable[[int, Tensor, Tensor], None]
"""Given a layer's number and its keys and values, each (N, K, d)."""


class Layer:
    """One decoder layer's weights."""

    def __init__(self, module: Any, dtype: torch.dtype) -> None:
        attention, mlp = module.self_attn, module.mlp
        self.qkv = Projection([attention.q_proj, attention.k_proj, attention.v_proj], dtype)
        self.out = Projection([attention.o_proj], dtype)
        self.gate_up = Projection([mlp.gate_proj, mlp.up_proj], dtype)
        self.down = Projection([mlp.down_proj], dtype)
        self.before_attention: nn.Module = module.input_layernorm
        self.before_mlp: nn.Module = module.post_attention_layernorm
        self.q_norm: nn.Module | None = getattr(attention, "q_norm", None)
        self.k_norm: nn.Module | None = getattr(attention, "k_norm", None)

    @property
    def projections(self) -> tuple[Projection, ...]:
        """All of them."""
        return self.qkv, self.out, self.gate_up, self.down


class Decoder:
    """A model's backbone. Raises UnsupportedError when the model is not of a known kind."""

    def __init__(self, model: PreTrainedModel, dtype: torch.dtype) -> None:
        config = model.config
        _check(model)
        self._backbone: Any = model.get_decoder()
        self.dtype = dtype
        self.heads = int(config.num_attention_heads)
        self.keys = int(config.num_key_value_heads)
        self.head_dim = int(
            getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        )
        self.layers = [Layer(module, dtype) for module in self._backbone.layers]
        self._dropout = any(each.dropout for layer in self.layers for each in layer.projections)
        self._dropout |= bool(getattr(config, "attention_dropout", 0.0))
        # per layer: two residuals, two norms, query, key and value before and in attention's layout,
        # what attention gave, gate, up and their product
        widths = 5 * config.hidden_size + 3 * config.intermediate_size
        widths += 2 * (self.heads + 2 * self.keys) * self.head_dim
        self.activation_bytes = int(len(self.layers) * widths * dtype.itemsize)
        """Bytes a token leaves for the backward pass, about."""
        self._checkpointing = bool(getattr(model, "is_gradient_checkpointing", False))

    def can_train(self) -> bool:
        """Whether a pass with gradients may run here: dropout is transformers' business."""
        return not self._dropout

    def embed(self, ids: Tensor) -> Tensor:
        """Token embeddings (..., H)."""
        return self._backbone.embed_tokens(ids)

    def angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosine and signed sine (N, 1, d) of the rotary embedding at `positions` (N,)."""
        like = torch.empty((), dtype=self.dtype, device=positions.device)
        cos, sin = self._backbone.rotary_emb(like, positions[None])
        return cos[0][:, None], signed(sin[0])[:, None]

    def norm(self, module: Any, x: Tensor) -> Tensor:
        """RMS norm of `x` by the weights of `module`, in the precision of the forward pass."""
        return rms_norm(x, module.weight, module.variance_epsilon, self.dtype)

    def final(self, x: Tensor) -> Tensor:
        """The last norm: what the output head reads."""
        return self.norm(self._backbone.norm, x)

    def split(
        self, layer: Layer, qkv: Tensor, cos: Tensor, sin: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (N, h, d), keys and values (N, K, d) out of what `layer.qkv` gave, (N, (h + 2 K) d)."""
        qkv = qkv.unflatten(-1, (-1, self.head_dim))
        if layer.q_norm is not None and layer.k_norm is not None:
            q, k, v = qkv.split((self.heads, self.keys, self.keys), dim=1)
            qkv = torch.cat((self.norm(layer.q_norm, q), self.norm(layer.k_norm, k), v), dim=1)
        return split_and_rotate(qkv, cos, sin, self.keys)

    def hidden(self, layout: Layout, keep: Keep | None = None) -> Tensor:
        """Last hidden states (N, H), normalised, of the tokens of `layout`."""
        x = self.embed(layout.ids)
        cos, sin = self.angles(layout.positions)
        recompute = self._checkpointing and torch.is_grad_enabled()
        for number, layer in enumerate(self.layers):
            arguments = (number, layer, x, cos, sin, layout, keep)
            if recompute:
                x = checkpoint(self._layer, *arguments, use_reentrant=False)
            else:
                x = self._layer(*arguments)
        return self.final(x)

    def _layer(
        self,
        number: int,
        layer: Layer,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        layout: Layout,
        keep: Keep | None,
    ) -> Tensor:
        projected = layer.qkv(self.norm(layer.before_attention, x))
        q, k, v = self.split(layer, projected, cos, sin)
        if keep is not None:
            keep(number, k, v)
        found, at = [], 0
        for unit in layout.units:
            size = unit.prompts * unit.length + unit.tokens
            part = slice(at, at + size)
            found += _attend_unit(unit, q[part], k[part], v[part])
            at += size
        attended = found[0] if len(found) == 1 else torch.cat(found)
        x = x + layer.out(attended.flatten(1))
        return x + layer.down(swiglu(layer.gate_up(self.norm(layer.before_mlp, x))))


def _attend_unit(unit: Unit, q: Tensor, k: Tensor, v: Tensor) -> list[Tensor]:
    """Attention of a unit's prompts, then of its completions, each (tokens, h, d)."""
    S, L = unit.prompts, unit.length
    own = S * L
    prompt_k, prompt_v = (each[:own].unflatten(0, (S, L)) for each in (k, v))
    found = [attend(q[:own].unflatten(0, (S, L)), prompt_k, prompt_v).flatten(0, 1)]
    if unit.tokens:
        queries, keys, values = (_padded(each[own:], unit) for each in (q, k, v))
        attended = attend(
            queries,
            torch.cat((prompt_k[unit.source], keys), dim=1),
            torch.cat((prompt_v[unit.source], values), dim=1),
        ).flatten(0, 1)
        found.append(attended if unit.slots is None else collect(attended, unit.slots))
    return found


def _padded(x: Tensor, unit: Unit) -> Tensor:
    """(R, T, ...) of the completions' `x` (tokens, ...); padding lies right of what could see it."""
    size = unit.rows * unit.width
    full = x if unit.slots is None else spread(x, unit.slots, size)
    return full.unflatten(0, (unit.rows, unit.width))


def _check(model: PreTrainedModel) -> None:
    """Raises UnsupportedError when the model is not computed as this file does."""
    config: Any = model.config
    if config.model_type not in FAMILIES:
        raise UnsupportedError(f"model type {config.model_type}")
    if getattr(config, "hidden_act", "silu") != "silu":
        raise UnsupportedError(f"activation {config.hidden_act}")
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if kinds != {"full_attention"} or (
        config.model_type == "mistral" and getattr(config, "sliding_window", None)
    ):
        raise UnsupportedError("sliding-window attention")
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") in ("dynamic", "longrope"):
        raise UnsupportedError(f"rotary embedding {rope['rope_type']}")
