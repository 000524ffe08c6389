"""Checkpoints: weights as safetensors with configuration and tokenizer, as transformers and peft load
them. A folder appears by one rename, so that it is whole or not there."""

import copy
import hashlib
import json
import shutil
from pathlib import Path
from typing import Literal

from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file

from ahora.config import RunConfig
from ahora.events import CheckpointEvent, CheckpointFile, CheckpointRemovedEvent
from worker.trainer.journal import Journal
from worker.trainer.models import Policy
from worker.trainer.state import TrainingState

FOLDER = "checkpoints"
ABOUT = "ahora.json"
"""File of a checkpoint that says which run and step it comes from."""


class Checkpoints:
    """Saves the policy and keeps the newest `save_total_limit` checkpoints."""

    def __init__(
        self, config: RunConfig, run_id: str, policy: Policy, out: Path, journal: Journal
    ) -> None:
        self._config = config
        self._run_id = run_id
        self._policy = policy
        self._out = out
        self._journal = journal
        self._saved: list[int] = []

    def save(self, state: TrainingState) -> None:
        """Save the policy as the last finished step left it, unless that is done already."""
        step, metrics = state.step, state.evaluated
        if step in self._saved:
            return
        self._journal.progress("saving", f"checkpoint of step {step}", step, self._config.max_steps)
        path = self._path(step)
        folder, temporary = self._out / path, self._out / FOLDER / f".step-{step:06d}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        kind = self._write(temporary, step, metrics)
        temporary.rename(folder)
        self._saved.append(step)
        self._journal.write(
            CheckpointEvent(
                step=step, kind=kind, path=path, files=described(folder), metrics=metrics
            )
        )
        self._journal.log("info", f"Checkpoint of step {step} saved.")
        limit = self._config.checkpoints.save_total_limit
        while limit is not None and len(self._saved) > limit:
            oldest = self._saved.pop(0)
            shutil.rmtree(self._out / self._path(oldest))
            self._journal.write(CheckpointRemovedEvent(step=oldest))

    def _path(self, step: int) -> str:
        return f"{FOLDER}/step-{step:06d}"

    def _write(
        self, folder: Path, step: int, metrics: dict[str, float]
    ) -> Literal["model", "adapter"]:
        model = self._policy.model
        if isinstance(model, PeftModel):
            kind: Literal["model", "adapter"] = "adapter"
            self._write_adapter(model, folder)
        else:
            kind = "model"
            model.save_pretrained(folder)
        self._policy.tokenizer.save_pretrained(folder)
        about = {
            "run_id": self._run_id,
            "step": step,
            "kind": kind,
            "model": self._policy.provenance,
            "metrics": metrics,
            "config": self._config.resolved(),
        }
        (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
        return kind

    def _write_adapter(self, model: PeftModel, folder: Path) -> None:
        # what PeftModel.save_pretrained writes, without its calls to the hub and its model card
        weights = get_peft_model_state_dict(model, save_embedding_layers=False)
        save_file(
            {name: tensor.contiguous() for name, tensor in weights.items()},
            folder / "adapter_model.safetensors",
            metadata={"format": "pt"},
        )
        adapter = copy.copy(model.active_peft_config)
        adapter.inference_mode = True
        # the name a person knows, not the folder it had on this worker
        adapter.base_model_name_or_path = self._config.model.model_name_or_path
        adapter.revision = self._policy.provenance["revision"]
        adapter.save_pretrained(folder)


def described(folder: Path) -> list[CheckpointFile]:
    """Every file under `folder`, by path."""
    files = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files.append(
            CheckpointFile(
                path=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256=digest
            )
        )
    return files
