"""A policy's weights under the names of its checkpoint, adapters merged, one tensor at a time."""

from collections.abc import Iterator

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from torch import Tensor
from transformers import PreTrainedModel


@torch.no_grad()
def merged_weights(model: PreTrainedModel | PeftModel) -> Iterator[tuple[str, Tensor]]:
    """Name and tensor of every weight, as `save_pretrained` of the merged model would name them.

    A LoRA layer's product is added in float32 when its weight's turn comes, so that no second model is
    ever held; the receiver rounds to its own precision, once. Tensors without an adapter are the model's
    own: do not change them.
    """
    if not isinstance(model, PeftModel):
        yield from model.state_dict().items()
        return
    base = model.get_base_model()
    adapted = {
        f"{name}.base_layer.weight": layer
        for name, layer in base.named_modules()
        if isinstance(layer, LoraLayer)
    }
    for name, tensor in base.state_dict().items():
        if ".lora_" in name:
            continue
        if name in adapted:
            delta = adapted[name].get_delta_weight(model.active_adapter)
            tensor = tensor.float() + delta.float()
        yield name.replace(".base_layer.", "."), tensor
