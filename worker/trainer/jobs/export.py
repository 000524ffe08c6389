"""A checkpoint as files that other programs load: the merged model or the adapter, with a model card."""

import json
import shutil
from pathlib import Path
from typing import Literal

import torch
from peft import PeftModel
from transformers import GenerationConfig, PreTrainedModel

from ahora.config import ExportSpec
from ahora.events import CheckpointEvent
from ahora.facts import RunFacts
from ahora.results import ExportResult
from worker.trainer.checkpoints.files import described
from worker.trainer.checkpoints.layout import ABOUT, ADAPTER
from worker.trainer.errors import RunError
from worker.trainer.jobs.card import Card, model_card
from worker.trainer.jobs.workbench import Workbench
from worker.trainer.models import Policy
from worker.trainer.models.checkpoint import is_adapter

FOLDER = "export"


def export(bench: Workbench, spec: ExportSpec, facts: RunFacts | None, out: Path) -> ExportResult:
    """Write the export to `out`/export and report it as the job's checkpoint.

    Raises RunError `export_impossible` for the adapter of a run that trained the whole model.
    """
    if spec.what == "adapter" and not is_adapter(bench.checkpoint):
        raise RunError(
            "export_impossible",
            "this run trained the whole model, so there is no adapter: export what='merged'",
        )
    folder = out / FOLDER
    folder.mkdir()
    kind: Literal["model", "adapter"]
    if spec.what == "adapter":
        kind, dtype = "adapter", "float32"
        policy = bench.policy()
        _copy_adapter(bench, folder)
        parameters = sum(
            each.numel() for name, each in policy.model.named_parameters() if "lora_" in name
        )
    else:
        kind, dtype = "model", spec.dtype or bench.config.model.dtype
        # a bfloat16 base is the same numbers in float32, and adding to them there loses nothing
        policy = bench.policy(dtype="float32")
        parameters = _save_merged(bench, policy, getattr(torch, dtype), folder)
    bench.stop.check()
    bench.journal.progress("saving", "tokenizer and model card")
    policy.tokenizer.save_pretrained(folder)
    about = bench.about | {"kind": kind, "export": {"what": spec.what, "dtype": dtype}}
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
    card = Card(about=about, what=spec.what, dtype=dtype, parameters=parameters, facts=facts)
    (folder / "README.md").write_text(model_card(card), encoding="utf-8")
    files = described(folder)
    bench.journal.write(
        CheckpointEvent(
            step=bench.step, kind=kind, path=FOLDER, files=files, metrics=bench.about["metrics"]
        )
    )
    return ExportResult(
        what=spec.what,
        dtype=dtype,
        parameters=parameters,
        base_model=bench.config.model.model_name_or_path,
        base_license=card.license,
        size=sum(file.size for file in files),
    )


def _save_merged(bench: Workbench, policy: Policy, dtype: torch.dtype, folder: Path) -> int:
    """Save the whole model as transformers writes one; the number of its parameters."""
    bench.journal.progress("saving", "merged model")
    model: PreTrainedModel = policy.model
    if isinstance(policy.model, PeftModel):
        model = policy.model.merge_and_unload(safe_merge=True)
    model.to(dtype)
    generation = model.generation_config or GenerationConfig()
    # the tokens that ended a completion in training end one everywhere
    stops = policy.stop_token_ids
    generation.eos_token_id = stops if len(stops) > 1 else stops[0]
    generation.pad_token_id = policy.tokenizer.pad_token_id
    model.generation_config = generation
    model.save_pretrained(folder)
    return sum(each.numel() for each in model.parameters())


def _copy_adapter(bench: Workbench, folder: Path) -> None:
    for name in (ADAPTER, "adapter_config.json"):
        shutil.copyfile(bench.checkpoint / name, folder / name)
