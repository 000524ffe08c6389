"""A policy of a model's folder: what is trained, in which precision, and the reference beside it."""

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from ahora.config import ModelConfig
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models import Policy, load_policy

LOCAL = "local:small"


def load(environment: Environment, **fields: object) -> Policy:
    config = ModelConfig.model_validate({"model_name_or_path": LOCAL, **fields})
    torch.manual_seed(0)
    return load_policy(config, torch.device("cpu"), environment, lambda *_: None)


def logits(policy: Policy, model: torch.nn.Module | None = None) -> torch.Tensor:
    ids = torch.tensor([policy.tokenizer.encode("48271*6=")])
    with torch.no_grad():
        return torch.as_tensor((model or policy.model)(input_ids=ids).logits)


def nudge(policy: Policy) -> None:
    """Change every trained weight, as an update would."""
    with torch.no_grad():
        for parameter in policy.model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05)


def test_full_fine_tuning_trains_float32_whatever_the_precision(environment: Environment) -> None:
    policy = load(environment, dtype="bfloat16")
    assert {parameter.dtype for parameter in policy.model.parameters()} == {torch.float32}
    assert all(parameter.requires_grad for parameter in policy.model.parameters())
    assert policy.model.training
    assert policy.provenance["parameters"] == policy.provenance["trainable_parameters"]
    assert policy.provenance["vocab_size"] == 18
    assert policy.provenance["revision"] is None
    assert len(policy.provenance["weights_sha256"]) == 64


def test_lora_trains_float32_adapters_on_frozen_weights(environment: Environment) -> None:
    policy = load(environment, use_peft=True, dtype="bfloat16", lora_r=4, lora_alpha=8)
    assert isinstance(policy.model, PeftModel)
    dtypes = {(parameter.requires_grad, parameter.dtype) for parameter in policy.model.parameters()}
    assert dtypes == {(True, torch.float32), (False, torch.bfloat16)}
    trained = policy.provenance["trainable_parameters"]
    # two matrices of rank 4 at each of q, k, v, o (128 x 128) and gate, up, down (128 x 384), twice
    assert trained == 2 * 4 * (4 * (128 + 128) + 3 * (128 + 384))
    assert not any("lm_head" in n for n, p in policy.model.named_parameters() if p.requires_grad)


def test_adapters_start_without_effect_and_are_drawn_from_the_seed(
    environment: Environment,
) -> None:
    one, two = (load(environment, use_peft=True) for _ in range(2))
    assert torch.equal(logits(one), logits(load(environment)))
    for (name, first), second in zip(
        one.model.named_parameters(), two.model.parameters(), strict=True
    ):
        assert torch.equal(first, second), name


@pytest.mark.parametrize("use_peft", [True, False])
def test_the_reference_stays_the_initial_model(environment: Environment, use_peft: bool) -> None:
    policy = load(environment, use_peft=use_peft)
    initial = logits(policy)
    policy.load_reference()
    nudge(policy)
    assert not torch.allclose(logits(policy), initial)
    with policy.reference() as reference:
        assert torch.equal(logits(policy, reference), initial)
    assert not torch.allclose(logits(policy), initial)


def test_a_reference_that_was_not_loaded(environment: Environment) -> None:
    policy = load(environment)
    with pytest.raises(RuntimeError, match="load_reference"), policy.reference():
        pass


def test_gradient_checkpointing_gives_the_same_gradient(environment: Environment) -> None:
    gradients = []
    for checkpointing in (False, True):
        policy = load(environment, gradient_checkpointing=checkpointing, use_peft=True)
        ids = torch.tensor([policy.tokenizer.encode("48271*6=1*6")])
        policy.model(input_ids=ids, labels=ids).loss.backward()
        gradients.append([p.grad.clone() for p in policy.model.parameters() if p.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 0
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_lora_modules_that_the_model_does_not_have(environment: Environment) -> None:
    with pytest.raises(RunError, match=r"lora_target_modules \['c_attn'\] does not fit") as caught:
        load(environment, use_peft=True, lora_target_modules=["c_attn"])
    assert caught.value.error_type == "model_invalid"


def change(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_padding_and_end_tokens(environment: Environment) -> None:
    assert environment.model_root is not None
    folder = environment.model_root / "small"
    change(folder / "tokenizer_config.json", pad_token=None, padding_side="right")
    change(folder / "generation_config.json", eos_token_id=[5, 1])
    policy = load(environment)
    assert policy.tokenizer.pad_token == "<eos>"
    assert policy.tokenizer.padding_side == "left"
    assert policy.stop_token_ids == [1, 5]
    change(folder / "tokenizer_config.json", eos_token=None)
    with pytest.raises(RunError, match="has no end token: set eos_token in its"):
        load(environment)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"num_hidden_layers": 3},
            r"9 are missing or have another shape, such as model\.layers\.2",
        ),
        ({"intermediate_size": 200}, "6 are missing or have another shape"),
        ({"model_type": "unheard_of"}, "cannot be loaded: .*`unheard_of`"),
        ({"hidden_size": "wide"}, "cannot be loaded: .*'hidden_size'"),
        (
            {"model_type": "mine", "auto_map": {"AutoConfig": "code.Config"}},
            "cannot be loaded: .*contains custom code",
        ),
    ],
)
def test_weights_that_do_not_fit_are_never_drawn_at_random(
    environment: Environment, fields: dict[str, object], reason: str
) -> None:
    assert environment.model_root is not None
    change(environment.model_root / "small" / "config.json", **fields)
    with pytest.raises(RunError, match=f"(?s)model 'local:small'.*{reason}") as caught:
        load(environment)
    assert caught.value.error_type == "model_invalid"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_files_that_are_broken(environment: Environment, name: str) -> None:
    assert environment.model_root is not None
    (environment.model_root / "small" / name).write_bytes(b"\x08\0\0\0\0\0\0\0{broken}")
    with pytest.raises(RunError, match="model 'local:small' cannot be loaded") as caught:
        load(environment)
    assert caught.value.error_type == "model_invalid"
