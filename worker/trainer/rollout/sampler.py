"""The `hf` rollout engine: completions sampled in one batch with transformers.

Each prompt is computed once and its keys and values are repeated for its G completions; rows that have
ended leave the batch once they are half of it. Log-probability and entropy are those of the policy at
the sampling temperature, before top-k, top-p and min-p.

Shapes: P prompts, B = P x G rows, n rows still in the batch, T completion positions, V vocabulary size.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from worker.trainer.decoder import DecodingState
from worker.trainer.errors import RunError
from worker.trainer.network import Network
from worker.trainer.rollout.kv_cache import left_padded, new_cache
from worker.trainer.rollout.samples import Samples
from worker.trainer.rollout.sampling import Sampling


@torch.no_grad()
def sample(
    network: Network,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    num_generations: int,
    stop_token_ids: Sequence[int],
    pad_token_id: int,
    generator: torch.Generator | None = None,
    check: Callable[[], None] = lambda: None,
) -> Samples:
    """Sample `num_generations` completions of each of `prompts` (token ids).

    `check` is called before every token and may raise to abandon the batch. Raises RunError `nan_loss`
    when the model's logits are not numbers.
    """
    device = network.device
    B, limit = len(prompts) * num_generations, sampling.max_length
    stops = torch.tensor(stop_token_ids, device=device)
    tokens = torch.full((B, limit), pad_token_id, device=device)
    mask = torch.zeros((B, limit), dtype=torch.bool, device=device)
    logprob = torch.zeros((B, limit), device=device)
    entropy = torch.zeros((B, limit), device=device)

    rows = torch.arange(B, device=device)  # which rows are still in the batch
    alive = torch.ones(B, dtype=torch.bool, device=device)  # of those, which have not ended
    # the decoder has its precision in its weights
    precision = nullcontext() if network.decoder is not None else network.precision()
    with precision:
        state: DecodingState | _State
        head: Callable[[Tensor], Tensor] = network.logits
        if network.decoder is not None and network.head is not None:
            state = DecodingState(network.decoder, prompts, num_generations, limit, device)
            head = network.head.product(B)
        else:
            state = _State(network, prompts, num_generations, pad_token_id)
        for t in range(limit):
            check()
            # float32 whatever the model computes in: sampling and scoring must not differ by rounding
            relative = head(state.last).float()
            if sampling.temperature != 1.0:
                relative = relative / sampling.temperature
            # to the likeliest token: then no term of the entropy is negative, and 0 ln 0 is 0
            relative = (relative - relative.amax(dim=1, keepdim=True)).clamp_(min=-1e30)
            weights = relative.exp()
            total = weights.sum(dim=1)
            chosen = sampling.choose(relative, generator, weights)
            tokens[rows, t] = torch.where(alive, chosen, pad_token_id)
            mask[rows, t] = alive
            logprob[rows, t] = (relative.gather(1, chosen[:, None])[:, 0] - total.log()) * alive
            surprise = total.log() - relative.mul_(weights).sum(dim=1) / total
            entropy[rows, t] = surprise * alive
            alive = alive & (chosen[:, None] != stops).all(dim=1)
            left = int(alive.sum())
            if left == 0 or t + 1 == limit:
                break
            if left < rows.numel() and (state.moves_cheaply or 2 * left <= rows.numel()):
                keep = kept_rows(alive, left)
                rows, alive, chosen = rows[keep], alive[keep], chosen[keep]
                state.keep(keep)
            state.advance(chosen)
    truncated = torch.zeros(B, dtype=torch.bool, device=device)
    truncated[rows] = alive
    T = int(mask.sum(dim=1).max())
    if not bool(torch.isfinite(entropy).all()):
        raise RunError(
            "nan_loss",
            "the model's outputs are not numbers any more: lower optimizer.learning_rate, use "
            "model.dtype float32, or check the model's weights",
        )
    return Samples(
        tokens=tokens[:, :T],
        mask=mask[:, :T],
        logprob=logprob[:, :T],
        entropy=entropy[:, :T],
        truncated=truncated,
    )


def kept_rows(alive: Tensor, left: int) -> Tensor:
    """The `left` rows of `alive` (n,): those behind fill the places in front that became free."""
    keep = torch.arange(left, device=alive.device)
    keep[~alive[:left]] = alive[left:].nonzero()[:, 0] + left
    return keep


class _State:
    """The cache, and `last`, the hidden states (n, H) that the next tokens are drawn from."""

    moves_cheaply = False

    def __init__(
        self,
        network: Network,
        prompts: Sequence[Sequence[int]],
        num_generations: int,
        pad_token_id: int,
    ) -> None:
        ids, attention_mask = left_padded(
            [list(prompt) for prompt in prompts], pad_token_id, network.device
        )
        self._network = network
        self._cache = new_cache(network.model.config)
        # without padding neither is needed, and attention takes its fast path
        self._attention_mask = attention_mask
        self._next_position: Tensor | None = None
        positions: Tensor | None = None
        if attention_mask is not None:
            positions = (attention_mask.cumsum(dim=1) - 1).clamp(min=0)
            self._next_position = positions[:, -1:] + 1
        hidden = network.hidden(
            ids, attention_mask=attention_mask, position_ids=positions, cache=self._cache
        )
        self.last = hidden[:, -1]
        if num_generations > 1:
            self._cache.batch_repeat_interleave(num_generations)
            self._each(lambda tensor: tensor.repeat_interleave(num_generations, dim=0))

    def keep(self, rows: Tensor) -> None:
        """Drop all rows of the batch but `rows`."""
        self._cache.batch_select_indices(rows)
        self._each(lambda tensor: tensor[rows])

    def advance(self, chosen: Tensor) -> None:
        """Append the tokens `chosen` (n,)."""
        if self._attention_mask is not None:
            ones = torch.ones_like(self._attention_mask[:, :1])
            self._attention_mask = torch.cat([self._attention_mask, ones], dim=1)
        hidden = self._network.hidden(
            chosen[:, None],
            attention_mask=self._attention_mask,
            position_ids=self._next_position,
            cache=self._cache,
        )
        self.last = hidden[:, -1]
        if self._next_position is not None:
            self._next_position = self._next_position + 1

    def _each(self, change: Callable[[Tensor], Tensor]) -> None:
        self.last = change(self.last)
        if self._attention_mask is not None and self._next_position is not None:
            self._attention_mask = change(self._attention_mask)
            self._next_position = change(self._next_position)
