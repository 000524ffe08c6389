"""How prompts and completions are laid out as one row of tokens without padding.

Each prompt stands there once, however many completions it has. Rows whose prompts are equally long make a
unit: their attention is one batch. Unit by unit come its prompts, then its completions, row after row.

Shapes: N tokens, S prompts and R rows of a unit, L prompt positions, T completion positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Unit:
    """Rows whose prompts have the same length."""

    prompts: int
    """S"""
    length: int
    """L"""
    rows: int
    """R"""
    width: int
    """T: the longest completion's inputs."""
    tokens: int
    """Completion inputs of all rows."""
    source: Tensor
    """(R,) the prompt of each row, of S."""
    slots: Tensor | None
    """(tokens,) the place of each completion input in (R, T), flat; None when they fill it."""


@dataclass(frozen=True)
class Layout:
    """N tokens, and where things are among them."""

    ids: Tensor
    """(N,)"""
    positions: Tensor
    """(N,) of the rotary embedding."""
    units: list[Unit]
    predicted_by: Tensor
    """The token, of N, that predicts each completion token, row after row in the caller's order."""


def lay_out(
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[int]],
    device: torch.device,
) -> Layout:
    """The layout of row i's `prompts[i]` and `completions[i]`; without completions, of prompts alone.

    A completion's last token is predicted and never read, so it is not among the tokens.
    """
    by_length: dict[int, dict[tuple[int, ...], list[int]]] = {}
    for row, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), {}).setdefault(tuple(prompt), []).append(row)
    ids: list[int] = []
    positions: list[int] = []
    units: list[Unit] = []
    predicted_by: list[list[int]] = [[] for _ in prompts]
    for L, group in by_length.items():
        last_of: dict[int, int] = {}
        for prompt, rows in group.items():
            ids += prompt
            positions += range(L)
            last_of |= dict.fromkeys(rows, len(ids) - 1)
        if not completions:
            for row, last in last_of.items():
                predicted_by[row] = [last]
        rows = [row for members in group.values() for row in members] if completions else []
        inputs = [completions[row][:-1] for row in rows]
        width = max(map(len, inputs), default=0)
        slots: list[int] = []
        for place, (row, tokens) in enumerate(zip(rows, inputs, strict=True)):
            predicted_by[row] = [last_of[row], *range(len(ids), len(ids) + len(tokens))]
            slots += range(place * width, place * width + len(tokens))
            ids += tokens
            positions += range(L, L + len(tokens))
        source = [at for at, members in enumerate(group.values()) for _ in members]
        units.append(
            Unit(
                prompts=len(group),
                length=L,
                rows=len(rows),
                width=width,
                tokens=len(slots),
                source=torch.tensor(source, device=device),
                slots=None
                if len(slots) == len(rows) * width
                else torch.tensor(slots, device=device),
            )
        )
    return Layout(
        ids=torch.tensor(ids, device=device),
        positions=torch.tensor(positions, device=device),
        units=units,
        predicted_by=torch.tensor([at for row in predicted_by for at in row], device=device),
    )
