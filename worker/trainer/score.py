"""The scoring pass: log-probability and entropy of each completion token, under one forward pass.

Only completion positions go through the output head, a chunk of tokens at a time, and no float32 tensor of
all tokens times the vocabulary is ever kept. With the network's own decoder nothing is padded and rows with
the same prompt share it; otherwise transformers computes prompt and completion of each row.

Shapes: R rollouts of a micro-batch, T completion positions, N completion tokens, V vocabulary size.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from worker.trainer.decoder import lay_out
from worker.trainer.entropy import CHUNK_ELEMENTS, entropy_of_logprobs, surprise
from worker.trainer.head import token_scores
from worker.trainer.network import Network


class Scores(NamedTuple):
    """Of each completion token, (R, T), 0 where masked."""

    logp: Tensor
    """float32, nats, at the temperature; carries the gradient."""
    entropy: Tensor
    """float32, nats, at the temperature; without gradient, unless it was asked for."""

    def write(self, rows: Tensor, T: int, scores: "Scores") -> None:
        """Overwrite `rows` (R,), up to position `T`, with what `scores` (R, T) say, detached."""
        self.logp[rows, :T] = scores.logp.detach()
        self.entropy[rows, :T] = scores.entropy.detach()


def score(
    network: Network,
    prompts: Sequence[Sequence[int]],
    tokens: Tensor,
    mask: Tensor,
    temperature: float,
    chunk_elements: int = CHUNK_ELEMENTS,
    entropy_gradient: bool = False,
) -> Scores:
    """Score completions `tokens` (R, T) with `mask` (R, T) after their `prompts` (R token lists).

    `entropy_gradient` is for an entropy bonus: entropies then carry a gradient too.
    """
    rows, columns = mask.nonzero(as_tuple=True)
    targets = tokens[rows, columns]
    decoder = network.decoder
    if decoder is not None and (decoder.can_train() or not torch.is_grad_enabled()):
        lists = [
            row[:length]
            for row, length in zip(tokens.tolist(), mask.sum(dim=1).tolist(), strict=True)
        ]
        layout = lay_out(prompts, lists, tokens.device)
        hidden = decoder.hidden(layout).index_select(0, layout.predicted_by)
    else:
        starts = torch.tensor([len(prompt) for prompt in prompts], device=tokens.device) - 1
        with network.precision():
            # the last token is predicted, never read; padding lies to the right of what reads it,
            # where a causal model cannot see it, so that no mask is needed
            states = network.hidden(_joined(prompts, tokens)[:, :-1])
        # one position before a token is where it is predicted
        hidden = states[rows, starts[rows] + columns]
    if network.head is not None and not entropy_gradient:
        logp, entropy = token_scores(network.head, hidden, targets, temperature, chunk_elements)
    else:
        with network.precision():
            logp, entropy = _of_tokens(
                network, hidden, targets, temperature, chunk_elements, entropy_gradient
            )
    empty = torch.zeros(mask.shape, dtype=torch.float32, device=tokens.device)
    return Scores(
        logp=empty.index_put((rows, columns), logp),
        entropy=empty.index_put((rows, columns), entropy),
    )


def _joined(prompts: Sequence[Sequence[int]], tokens: Tensor) -> Tensor:
    """Prompt and completion of each row from the left, then padding: (R, longest prompt + T)."""
    R, T = tokens.shape
    longest = max(map(len, prompts))
    ids = torch.zeros((R, longest + T), dtype=torch.long, device=tokens.device)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
        ids[row, len(prompt) : len(prompt) + T] = tokens[row]
    return ids


def _of_tokens(
    network: Network,
    hidden: Tensor,
    targets: Tensor,
    temperature: float,
    chunk_elements: int,
    entropy_gradient: bool,
) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies, both (N,), of `targets` (N,) after states `hidden` (N, H)."""
    entropy_of = surprise if entropy_gradient else entropy_of_logprobs

    def of_chunk(states: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        logprobs = (network.logits(states).float() / temperature).log_softmax(dim=-1)
        return logprobs.gather(1, chosen[:, None])[:, 0], entropy_of(logprobs)

    size = max(1, chunk_elements // network.vocab_size)
    if len(targets) <= size:
        return of_chunk(hidden, targets)
    pieces = [
        checkpoint(of_chunk, states, chosen, use_reentrant=False, preserve_rng_state=False)
        if torch.is_grad_enabled()
        else of_chunk(states, chosen)
        for states, chosen in zip(hidden.split(size), targets.split(size), strict=True)
    ]
    logp, entropy = zip(*pieces, strict=True)
    return torch.cat(logp), torch.cat(entropy)
