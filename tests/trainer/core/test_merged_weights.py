"""What is pushed into another engine: the weights of the merged model, by name."""

import copy

import pytest
import torch
from peft import PeftModel

from ahora.config import ModelConfig
from worker.trainer.environment import Environment
from worker.trainer.models import load_policy
from worker.trainer.rollout.weights import merged_weights

CPU = torch.device("cpu")


def test_a_full_model_is_pushed_as_it_is(environment: Environment) -> None:
    model = load_policy(ModelConfig(), CPU, environment, lambda *_: None).model
    pushed = dict(merged_weights(model))
    assert pushed.keys() == model.state_dict().keys()
    trained = dict(model.named_parameters())["model.layers.0.mlp.up_proj.weight"]
    # no copy: a second model would take the memory of one
    assert pushed["model.layers.0.mlp.up_proj.weight"].data_ptr() == trained.data_ptr()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_adapters_are_merged_as_peft_merges_them(environment: Environment, dtype: str) -> None:
    config = ModelConfig.model_validate(
        {
            "model_name_or_path": "local:small",
            "use_peft": True,
            "lora_r": 4,
            "lora_alpha": 12,
            "dtype": dtype,
        }
    )
    torch.manual_seed(0)
    model = load_policy(config, CPU, environment, lambda *_: None).model
    assert isinstance(model, PeftModel)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.02)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pushed = {
        name: tensor.to(getattr(torch, dtype)).clone() for name, tensor in merged_weights(model)
    }
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    merged = copy.deepcopy(model).merge_and_unload().state_dict()
    assert pushed.keys() == merged.keys()
    for name, tensor in merged.items():
        assert torch.equal(pushed[name], tensor), name
