"""A key-value cache that appends in place.

transformers' dynamic layer copies all keys and values at every token. This one keeps spare room behind
them and hands out views. Layers of another kind (sliding windows, state-space) are left as they are.
"""

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

_ROOM = 64
"""Positions added when the room is used up, at least."""


class AppendingLayer(DynamicLayer):
    """`keys` and `values` are views (B, heads, length, head dimension) of larger buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.is_initialized = False
        self._key_buffer: Tensor | None = None
        self._value_buffer: Tensor | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Append the new positions; returns everything so far."""
        if not self.is_initialized:
            self.dtype, self.device = key_states.dtype, key_states.device
            self.is_initialized = True
            self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
        before = self.keys.shape[2]
        length = before + key_states.shape[2]
        if self._key_buffer is None or self._key_buffer.shape[2] < length:
            room = max(_ROOM, length // 2)
            self._key_buffer = _with_room(self.keys, length + room)
            self._value_buffer = _with_room(self.values, length + room)
        assert self._value_buffer is not None
        self._key_buffer[:, :, before:length] = key_states
        self._value_buffer[:, :, before:length] = value_states
        self.keys = self._key_buffer[:, :, :length]
        self.values = self._value_buffer[:, :, :length]
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row `repeats` times."""
        super().batch_repeat_interleave(repeats)
        self._key_buffer = self._value_buffer = None

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep the rows `indices`."""
        super().batch_select_indices(indices)
        self._key_buffer = self._value_buffer = None


def _with_room(content: Tensor, capacity: int) -> Tensor:
    B, heads, length, width = content.shape
    buffer = content.new_empty((B, heads, capacity, width))
    buffer[:, :, :length] = content
    return buffer


def new_cache(config: PreTrainedConfig) -> DynamicCache:
    """An empty cache for a model of this configuration."""
    cache = DynamicCache(config=config)
    cache.layers = [
        AppendingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache


def left_padded(
    prompts: list[list[int]], pad: int, device: torch.device
) -> tuple[Tensor, Tensor | None]:
    """Token ids (P, L), and the attention mask (P, L), or None when all prompts are equally long."""
    longest = max(map(len, prompts))
    ids = [[pad] * (longest - len(prompt)) + prompt for prompt in prompts]
    if all(len(prompt) == longest for prompt in prompts):
        return torch.tensor(ids, device=device), None
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
