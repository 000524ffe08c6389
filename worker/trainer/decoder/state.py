"""Token-by-token decoding with a preallocated key-value cache.

Prompts are computed once each, without padding, and their keys and values copied to their rows, so that
all rows end at the same column. A row that is dropped is overwritten by the last one: only that row moves.

Shapes: n rows, C columns of the cache, K key heads, g query heads a key head, d head dimension.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from worker.trainer.decoder.decoder import Decoder
from worker.trainer.decoder.functions import swiglu
from worker.trainer.decoder.layout import lay_out

_ROOM = 64
"""Columns added when the cache is full, at least."""


class DecodingState:
    """The cache, and `last`, the hidden states (n, H) that the next tokens are drawn from."""

    moves_cheaply = True
    """Whether `keep` costs little."""

    def __init__(
        self,
        decoder: Decoder,
        prompts: Sequence[Sequence[int]],
        num_generations: int,
        max_length: int,
        device: torch.device,
    ) -> None:
        self._decoder = decoder
        lengths = [len(prompt) for prompt in prompts]
        self._column = max(lengths)
        self._limit = self._column + max_length
        self._rows = len(prompts) * num_generations
        self._caches: list[Tensor] = []  # each (2, rows, K, C, d): keys, values
        capacity = min(self._column + _ROOM, self._limit)
        layout = lay_out(prompts, [], device)
        # where each prompt's tokens lie in the layout
        ends = layout.predicted_by.tolist()

        def keep(_: int, k: Tensor, v: Tensor) -> None:
            cache = k.new_zeros((2, self._rows, decoder.keys, capacity, decoder.head_dim))
            kv = torch.stack((k, v)).transpose(1, 2)  # (2, K, N, d)
            for at, (end, length) in enumerate(zip(ends, lengths, strict=True)):
                rows = slice(at * num_generations, (at + 1) * num_generations)
                columns = slice(self._column - length, self._column)
                cache[:, rows, :, columns] = kv[:, None, :, end + 1 - length : end + 1]
            self._caches.append(cache)

        hidden = decoder.hidden(layout, keep)
        self.last = hidden[layout.predicted_by].repeat_interleave(num_generations, dim=0)
        positions = torch.tensor(lengths, device=device).repeat_interleave(num_generations)
        self._positions = positions
        # what is left of a shorter prompt is hidden; with equal lengths attention needs no mask
        self._mask: Tensor | None = None
        if min(lengths) < self._column:
            columns = torch.arange(self._limit, device=device)
            hidden_columns = columns[None] < (self._column - positions)[:, None]
            self._mask = torch.zeros(hidden_columns.shape, dtype=decoder.dtype, device=device)
            self._mask.masked_fill_(hidden_columns, -torch.inf)
            self._mask = self._mask[:, None, None]
        self._products = [
            tuple(each.product(self._rows) for each in layer.projections)
            for layer in decoder.layers
        ]
        self._cos, self._sin = decoder.angles(
            torch.arange(max(lengths) + max_length, device=device)
        )

    def keep(self, rows: Tensor) -> None:
        """Drop all rows but `rows` (n,), which stand where they stood unless their place is gone."""
        places = torch.arange(len(rows), device=rows.device)
        moved = (rows != places).nonzero()[:, 0]
        if len(moved):
            sources = rows[moved]
            for cache in self._caches:
                seen = cache[:, :, :, : self._column]
                seen[:, moved] = seen[:, sources]
        self._rows = len(rows)
        self.last = self.last[rows]
        self._positions = self._positions[rows]
        if self._mask is not None:
            self._mask = self._mask[rows]

    def advance(self, chosen: Tensor) -> None:
        """Append the tokens `chosen` (n,)."""
        decoder, n = self._decoder, self._rows
        cos, sin = self._cos[self._positions], self._sin[self._positions]
        column, self._column = self._column, self._column + 1
        self._positions = self._positions + 1
        mask = None if self._mask is None else self._mask[..., : self._column]
        x = decoder.embed(chosen)
        for number, (layer, products) in enumerate(
            zip(decoder.layers, self._products, strict=True)
        ):
            qkv, out, gate_up, down = products
            q, k, v = decoder.split(layer, qkv(decoder.norm(layer.before_attention, x)), cos, sin)
            cache = self._with_room(number)
            keys, values = cache[:, :n, :, : self._column]
            keys[:, :, column], values[:, :, column] = k, v
            attended = functional.scaled_dot_product_attention(
                q.unflatten(1, (decoder.keys, -1)), keys, values, attn_mask=mask
            )
            x = x + out(attended.view(n, -1))
            x = x + down(swiglu(gate_up(decoder.norm(layer.before_mlp, x))))
        self.last = decoder.final(x)

    def _with_room(self, number: int) -> Tensor:
        """The layer's cache, with a column to write to."""
        cache = self._caches[number]
        capacity = cache.shape[3]
        if capacity < self._column:
            larger = min(capacity + max(_ROOM, capacity // 2), self._limit)
            grown = cache.new_zeros((2, self._rows, cache.shape[2], larger, cache.shape[4]))
            grown[:, :, :, :capacity] = cache[:, : self._rows]
            self._caches[number] = cache = grown
        return cache
