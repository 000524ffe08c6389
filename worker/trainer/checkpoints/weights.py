"""A policy's weights as the files of a checkpoint, and back."""

import copy
from pathlib import Path
from typing import Literal

from peft import PeftModel, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ahora.config import ModelConfig
from worker.trainer.checkpoints.files import Unusable
from worker.trainer.checkpoints.layout import ADAPTER
from worker.trainer.errors import RunError
from worker.trainer.models import Policy
from worker.trainer.models.load import read_model
from worker.trainer.models.source import Source

Kind = Literal["model", "adapter"]


def kind_of(policy: Policy) -> Kind:
    """What a checkpoint of `policy` holds."""
    return "adapter" if isinstance(policy.model, PeftModel) else "model"


def write_weights(policy: Policy, config: ModelConfig, folder: Path) -> None:
    """Write what transformers or peft load. Raises OSError or SafetensorError."""
    if isinstance(policy.model, PeftModel):
        _write_adapter(policy.model, policy, config, folder)
    else:
        policy.model.save_pretrained(folder)
    policy.tokenizer.save_pretrained(folder)


def read_weights(policy: Policy, config: ModelConfig, folder: Path) -> dict[str, Tensor]:
    """The weights in `folder`, which fit `policy` by name and shape. Raises Unusable."""
    if isinstance(policy.model, PeftModel):
        if not (folder / ADAPTER).is_file():
            raise Unusable("it holds a whole model, but model.use_peft is on")
        own = _adapter_weights(policy.model)
        try:
            found = load_file(folder / ADAPTER)
        except (OSError, SafetensorError) as error:
            raise Unusable(f"{ADAPTER} cannot be read ({error})") from error
    else:
        if (folder / ADAPTER).is_file():
            raise Unusable("it holds a LoRA adapter, but model.use_peft is off")
        own = policy.model.state_dict()
        try:
            # by way of transformers, which may store weights under other names than it runs them
            found = read_model(config, Source(folder))[0].state_dict()
        except RunError as error:
            raise Unusable(error.reason) from error
    for name in sorted(own.keys() | found.keys()):
        if name not in own or name not in found or own[name].shape != found[name].shape:
            raise Unusable(f"it is of a model of another shape (they differ at {name})")
    return found


def put_weights(policy: Policy, weights: dict[str, Tensor]) -> None:
    """Copy what `read_weights` gave into the policy's own tensors."""
    if isinstance(policy.model, PeftModel):
        set_peft_model_state_dict(policy.model, weights)
    else:
        policy.model.load_state_dict(weights)


def is_finite(policy: Policy) -> bool:
    """Whether every trained weight is a number."""
    trained = (each for each in policy.model.parameters() if each.requires_grad)
    return all(bool(each.isfinite().all()) for each in trained)


def _adapter_weights(model: PeftModel) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return weights


def _write_adapter(model: PeftModel, policy: Policy, config: ModelConfig, folder: Path) -> None:
    # what PeftModel.save_pretrained writes, without its calls to the hub and its model card
    save_file(
        {name: tensor.contiguous() for name, tensor in _adapter_weights(model).items()},
        folder / ADAPTER,
        metadata={"format": "pt"},
    )
    adapter = copy.copy(model.active_peft_config)
    adapter.inference_mode = True
    # the name a person knows, not the folder it had on this worker
    adapter.base_model_name_or_path = config.model_name_or_path
    adapter.revision = policy.provenance["revision"]
    adapter.save_pretrained(folder)
