"""Where a model's files come from, and what is said when they do not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ahora.config import ModelConfig
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models.source import Source, find_source


def find(name: str, environment: Environment) -> Source:
    config = ModelConfig.model_construct(model_name_or_path=name, model_revision=None, init_seed=0)
    return find_source(config, environment, lambda *_: None)


def refusal(name: str, environment: Environment) -> RunError:
    with pytest.raises(RunError) as caught:
        find(name, environment)
    return caught.value


def test_a_folder_under_the_model_root(environment: Environment) -> None:
    source = find("local:small", environment)
    assert environment.model_root is not None
    assert source.folder == environment.model_root / "small"
    assert source.revision is None


def test_the_hash_is_of_names_and_contents(environment: Environment, tmp_path: Path) -> None:
    source = find("local:small", environment)
    shutil.copytree(source.folder, tmp_path / "copy")
    assert Source(tmp_path / "copy").weights_sha256() == source.weights_sha256()
    weights = tmp_path / "copy" / "model.safetensors"
    weights.rename(weights.with_name("other.safetensors"))
    assert Source(tmp_path / "copy").weights_sha256() != source.weights_sha256()


def test_a_folder_that_is_not_there_is_told_which_are(environment: Environment) -> None:
    error = refusal("local:large", environment)
    assert error.error_type == "model_not_found"
    assert error.reason.endswith("has no such folder; it has: small")
    empty = Environment(cache=environment.cache, model_root=environment.cache / "absent")
    assert refusal("local:large", empty).reason.endswith("it has: no folder at all")


def test_paths_stay_inside_the_model_root(environment: Environment, tmp_path: Path) -> None:
    assert environment.model_root is not None
    outside = tmp_path / "outside"
    shutil.copytree(environment.model_root / "small", outside)
    (environment.model_root / "link").symlink_to(outside)
    for name in ("local:link", "local:../outside", f"local:{outside}", "local:small/../../outside"):
        error = refusal(name, environment)
        assert error.error_type == "path_not_allowed", name
        assert "leaves AHORA_MODEL_ROOT" in error.reason


def test_a_worker_without_a_model_root(tmp_path: Path) -> None:
    error = refusal("local:small", Environment(cache=tmp_path))
    assert error.error_type == "worker_misconfigured"
    assert "has no AHORA_MODEL_ROOT: set it" in error.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            "has no safetensors file: only models saved as",
        ),
        (
            lambda folder: (folder / "adapter_config.json").write_text("{}"),
            "is a LoRA adapter, not a whole model: merge it",
        ),
    ],
)
def test_a_folder_that_is_no_whole_model(
    environment: Environment, change: object, reason: str
) -> None:
    assert environment.model_root is not None
    assert callable(change)
    change(environment.model_root / "small")
    error = refusal("local:small", environment)
    assert error.error_type == "model_not_found"
    assert reason in error.reason


def test_a_hub_model_without_a_hub_says_what_to_do(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from ahora.config import ModelConfig\n"
        "from worker.trainer.environment import Environment\n"
        "from worker.trainer.models.source import find_source\n"
        "config = ModelConfig(model_name_or_path='some/model')\n"
        "find_source(config, Environment(cache=Path('.')), lambda *_: None)\n"
    )
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False
    )
    assert "RunError: model 'some/model' is not on this machine and the" in result.stderr
    assert "put the model's folder under AHORA_MODEL_ROOT and name it 'local:" in result.stderr
