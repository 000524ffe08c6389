"""Where a model's files are: a folder on this machine for every form of `model_name_or_path`."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ahora.config import ModelConfig
from worker.trainer.environment import Environment, inside
from worker.trainer.errors import RunError
from worker.trainer.models.cache import Report
from worker.trainer.models.smollm2 import smollm2_folder
from worker.trainer.models.tiny import tiny_folder

_FIELD = "model.model_name_or_path"
_WANTED = [
    "*.json",
    "*.safetensors",
    "*.jinja",
    "tokenizer.model",
    "merges.txt",
    "vocab.txt",
    "README.md",
]
"""Weights only as safetensors: pickled weights are never downloaded. The README names the licence."""


@dataclass(frozen=True)
class Source:
    """A folder with config.json, safetensors and a tokenizer."""

    folder: Path
    revision: str | None = None
    """Commit of a hub model."""
    known_license: str | None = None
    """Of models that come without a README."""

    def license(self) -> str | None:
        """Licence that the front matter of the model's README names."""
        readme = self.folder / "README.md"
        if self.known_license is not None or not readme.is_file():
            return self.known_license
        text = readme.read_text(encoding="utf-8", errors="replace")
        front = text.split("\n---", 1)[0] if text.startswith("---") else ""
        found = re.search(r"^license:[ \t]*[\"']?([\w .+-]{1,60})", front, re.MULTILINE)
        return found[1].strip() if found else None

    def weights_sha256(self) -> str:
        """One hash over the names and contents of all safetensors files."""
        total = hashlib.sha256()
        for path in sorted(self.folder.glob("*.safetensors")):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{path.name} {digest}\n".encode())
        return total.hexdigest()


def find_source(config: ModelConfig, environment: Environment, report: Report) -> Source:
    """The model's folder, built, unpacked or downloaded when it is not there yet.

    Raises RunError `model_not_found`, `path_not_allowed` or `worker_misconfigured`.
    """
    name = config.model_name_or_path
    if name == "tiny":
        return Source(
            tiny_folder(environment.cache, config.init_seed, report), known_license="apache-2.0"
        )
    if name == "smollm2-135m":
        return Source(smollm2_folder(environment.cache, report), known_license="apache-2.0")
    if name.startswith("local:"):
        return Source(_local(name.removeprefix("local:"), environment))
    report(f"looking up {name} on the Hugging Face hub", 0, 0)
    folder = _downloaded(name, config.model_revision)
    _check_complete(folder, name)
    return Source(folder, revision=folder.name)


def _local(name: str, environment: Environment) -> Path:
    folder = inside(environment.model_root, name, "AHORA_MODEL_ROOT", _FIELD)
    if not folder.is_dir():
        root = environment.model_root
        listed = root.iterdir() if root and root.is_dir() else []
        known = sorted(path.name for path in listed if path.is_dir())
        raise RunError(
            "model_not_found",
            f"{_FIELD} names 'local:{name}', but the worker's model root has no such folder; it has: "
            + (", ".join(known[:20]) or "no folder at all"),
        )
    _check_complete(folder, f"local:{name}")
    return folder


def _check_complete(folder: Path, name: str) -> None:
    if (folder / "adapter_config.json").is_file():
        raise RunError(
            "model_not_found",
            f"{name!r} is a LoRA adapter, not a whole model: merge it into its base model first",
        )
    for what, pattern in (("config.json", "config.json"), ("safetensors file", "*.safetensors")):
        if not any(folder.glob(pattern)):
            raise RunError(
                "model_not_found",
                f"{name!r} has no {what}: only models saved as config.json and safetensors are "
                "loaded (pickled weights are not); convert it with save_pretrained",
            )


def _downloaded(name: str, revision: str | None) -> Path:
    # `False` keeps the hub from falling back to a token file of whoever runs the worker
    token = os.environ.get("HF_TOKEN") or False
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=_WANTED, token=token))
    except GatedRepoError as error:
        remedy = (
            "accept its licence on the hub with the account whose token the worker has in HF_TOKEN"
        )
        raise RunError("model_not_found", f"model {name!r} is gated: {remedy}") from error
    except RevisionNotFoundError as error:
        raise RunError(
            "model_not_found",
            f"model {name!r} has no revision {revision!r}: correct model.model_revision, or leave it "
            "empty for the default branch",
        ) from error
    except RepositoryNotFoundError as error:
        raise RunError(
            "model_not_found",
            f"the Hugging Face hub has no model {name!r} (or it is private and HF_TOKEN is not set on "
            f"the worker): correct {_FIELD}",
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, OSError) as error:
        raise RunError(
            "model_not_found",
            f"model {name!r} is not on this machine and the Hugging Face hub cannot be reached "
            f"({type(error).__name__}): connect the worker to the network, or put the model's folder "
            "under AHORA_MODEL_ROOT and name it 'local:FOLDER'",
        ) from error
