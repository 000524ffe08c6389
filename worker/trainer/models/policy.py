"""The policy: a causal language model that is being trained, with its tokenizer."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass
class Policy:
    """A model in training mode whose trainable parameters are float32."""

    model: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerBase
    """Has a padding token and an end token."""
    provenance: dict[str, Any]
    """`name`, `revision` (commit of a hub model, else None), `weights_sha256`, `license` (of the base,
    where it says one), `parameters`, `trainable_parameters`, `vocab_size`."""
    stop_token_ids: list[int]
    """A completion ends at the first of these: the model's end tokens and the tokenizer's."""
    _frozen: nn.Module | None = field(default=None, repr=False)
    _adapter: list[tuple[nn.Parameter, Tensor]] | None = field(default=None, repr=False)

    def load_reference(self, *, with_adapter: bool = False) -> None:
        """Keep what `reference` needs; call it before the first update, and only if beta is above 0.

        With full fine-tuning that is a frozen copy of the weights; with LoRA nothing, unless the initial
        model has trained adapters already (`with_adapter`): then it is a copy of those.
        """
        if not isinstance(self.model, PeftModel):
            if self._frozen is None:
                self._frozen = copy.deepcopy(self.model).requires_grad_(False).eval()
        elif with_adapter and self._adapter is None:
            trained = (each for each in self.model.parameters() if each.requires_grad)
            self._adapter = [(each, each.detach().clone()) for each in trained]

    @contextmanager
    def reference(self) -> Iterator[nn.Module]:
        """The initial model, for the KL term: LoRA with its adapters off or as they were at first, else
        the frozen copy. For use without gradients.

        Raises RuntimeError when `load_reference` was not called first.
        """
        if isinstance(self.model, PeftModel) and self._adapter is not None:
            now = [(parameter, parameter.data) for parameter, _ in self._adapter]
            try:
                for parameter, initial in self._adapter:
                    parameter.data = initial
                yield self.model
            finally:
                for parameter, trained in now:
                    parameter.data = trained
        elif isinstance(self.model, PeftModel):
            with self.model.disable_adapter():
                yield self.model
        elif self._frozen is None:
            raise RuntimeError("load_reference() must come before reference()")
        else:
            yield self._frozen
