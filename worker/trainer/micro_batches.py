"""Which rollouts go through the model together.

Completions of one prompt stay together, since they share its computation; the longest groups come first.
A micro-batch has at most the configured number of completions and, on a CPU, at most so many tokens that
what the backward pass needs stays within `CPU_ACTIVATIONS`: larger products are no faster there.
"""

from collections.abc import Hashable, Iterator, Sequence

from worker.trainer.decoder import Decoder

CPU_ACTIVATIONS = 2**29
"""Bytes."""
_FEWEST_TOKENS = 512
"""Below this a CPU reads weights rather than multiplies."""


def cpu_tokens(decoder: Decoder) -> int:
    """Tokens of a micro-batch whose activations fit `CPU_ACTIVATIONS`."""
    return max(_FEWEST_TOKENS, CPU_ACTIVATIONS // decoder.activation_bytes)


def micro_batches(
    rows: Sequence[int],
    prompts: Sequence[Hashable],
    prompt_lengths: Sequence[int],
    lengths: Sequence[int],
    most_rows: int,
    most_tokens: int | None,
) -> Iterator[list[int]]:
    """The numbers `rows`, a micro-batch at a time.

    Row i has the prompt `prompts[i]` of `prompt_lengths[i]` tokens and a completion of `lengths[i]`. A
    row with more than `most_tokens` is a micro-batch of its own.
    """
    groups: dict[Hashable, list[int]] = {}
    for row in sorted(rows, key=lambda row: -lengths[row]):
        groups.setdefault(prompts[row], []).append(row)
    open_rows: list[int] = []
    tokens = 0
    # a dictionary keeps the order of first insertion: by the longest completion
    for group in groups.values():
        whole = prompt_lengths[group[0]] + sum(lengths[row] for row in group)
        fits = most_tokens is None or tokens + whole <= most_tokens
        if open_rows and not (fits and len(open_rows) + len(group) <= most_rows):
            yield open_rows
            open_rows, tokens = [], 0
        own = 0  # of the group's, in the open micro-batch
        for row in group:
            added = lengths[row] + (0 if own else prompt_lengths[row])
            full = most_tokens is not None and tokens + added > most_tokens
            if open_rows and (full or len(open_rows) >= most_rows):
                yield open_rows
                open_rows, tokens, own = [], 0, 0
                added = lengths[row] + prompt_lengths[row]
            open_rows.append(row)
            tokens += added
            own += 1
    if open_rows:
        yield open_rows
