"""A causal language model as backbone and output head, so that logits are made only where they are
needed: at completion positions, a chunk at a time.

`decoder` is this project's own forward pass (decoder/) for the model families that it knows, and None for
the others, which transformers computes.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import Cache, PreTrainedModel

from worker.trainer.decoder import Decoder, UnsupportedError, lay_out
from worker.trainer.decoder.projection import Projection
from worker.trainer.errors import RunError


class Network:
    """The parts of a model; `autocast` runs them in bfloat16 over float32 weights."""

    def __init__(self, module: nn.Module, *, autocast: bool) -> None:
        model = module.get_base_model() if isinstance(module, PeftModel) else module
        if not isinstance(model, PreTrainedModel):
            raise TypeError(f"not a transformers model: {type(model).__name__}")
        self.model = model
        self._backbone = model.get_decoder()
        self._head = model.get_output_embeddings()
        self._autocast = autocast
        self.device = model.device
        self.vocab_size = int(self._head.weight.shape[0])
        self.decoder: Decoder | None = None
        self.head: Projection | None = None
        """The output head of `decoder`."""
        self.why_plain = ""
        """Why there is no `decoder`."""
        dtype = torch.bfloat16 if autocast else model.dtype
        try:
            self.decoder = Decoder(model, dtype)
            self.head = Projection([self._head], dtype)
        except UnsupportedError as error:
            self._without_decoder(str(error))

    def _without_decoder(self, why: str) -> None:
        self.decoder = self.head = None
        self.why_plain = why

    def like(self, module: nn.Module) -> "Network":
        """Another model of the same kind, run in the same precision; the same one is this network."""
        base = module.get_base_model() if isinstance(module, PeftModel) else module
        if base is self.model:
            return self
        other = Network(module, autocast=self._autocast)
        if self.decoder is None:
            other._without_decoder(self.why_plain)
        return other

    def precision(self) -> AbstractContextManager[Any]:
        """The context forward passes run in."""
        if self._autocast:
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def hidden(
        self,
        ids: Tensor,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """Last hidden states (B, T, H) of `ids` (B, T)."""
        output = self._backbone(
            input_ids=ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=cache is not None,
        )
        return output.last_hidden_state

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (..., V) of hidden states (..., H), in the precision of the forward pass."""
        return self._head(hidden) if self.head is None else self.head(hidden)

    @torch.no_grad()
    def verify(self) -> None:
        """Check that backbone and head are all there is between tokens and logits.

        Some models scale or cap their logits after the head; training them through the bare head
        would be wrong without a sign. Raises RunError `model_unsupported`.
        """
        ids = torch.arange(4, device=self.device)[None] % self.vocab_size
        with self.precision():
            ours = self.logits(self.hidden(ids)).float()
            theirs = self.model(input_ids=ids, use_cache=False).logits.float()
        if not torch.allclose(ours, theirs, rtol=1e-2, atol=1e-2, equal_nan=True):
            raise RunError(
                "model_unsupported",
                f"{type(self.model).__name__} changes its logits after the output head, which this "
                "trainer does not do: choose another model family, such as Llama, Qwen or SmolLM",
            )
        if self.decoder is not None and self.head is not None:
            hidden = self.decoder.hidden(lay_out(ids.tolist(), [], self.device))
            found = self.head(hidden).float()
            off = float((found - ours[0]).norm() / ours.norm())
            # two right bfloat16 passes differ by 1 or 2 %; NaN is another check's business
            if off > (5e-2 if self.decoder.dtype == torch.bfloat16 else 1e-3):
                self._without_decoder(f"its logits differ from transformers' by {off:.1%}")
