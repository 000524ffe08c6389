"""Makes a policy out of a checkpoint: an adapter on its base model, or a whole model."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.utils.tqdm import disable_progress_bars
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoTokenizer, PreTrainedModel

from ahora.config import ModelConfig
from worker.trainer.checkpoints.layout import ABOUT, ADAPTER
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models.cache import Report
from worker.trainer.models.load import read_model, stop_tokens
from worker.trainer.models.policy import Policy
from worker.trainer.models.source import Source, find_source


def read_about(folder: Path) -> dict[str, Any]:
    """What a checkpoint says about itself: `run_id`, `step`, `kind`, `model`, `metrics`, `config`.

    Raises RunError `checkpoint_invalid`.
    """
    try:
        about = json.loads((folder / ABOUT).read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(
            "checkpoint_invalid", f"the checkpoint's {ABOUT} cannot be read: {error}"
        ) from error
    if not isinstance(about, dict):
        raise RunError("checkpoint_invalid", f"the checkpoint's {ABOUT} holds no object")
    return about


def is_adapter(folder: Path) -> bool:
    """Whether the checkpoint holds LoRA matrices alone."""
    return (folder / "adapter_config.json").is_file()


def load_checkpoint_policy(
    config: ModelConfig,
    folder: Path,
    device: torch.device,
    environment: Environment,
    report: Report,
) -> tuple[Policy, list[str]]:
    """The policy as a checkpoint left it, in evaluation mode, and lines for the log.

    An adapter goes on the base model that `config` names, found as in training; its own shape (rank,
    modules) is read from the checkpoint.

    Raises RunError as `load_policy` does, and `checkpoint_invalid`.
    """
    transformers.logging.disable_progress_bar()
    disable_progress_bars()
    about = read_about(folder)
    provenance = dict(about.get("model") or {})
    notes: list[str] = []
    model: PreTrainedModel | PeftModel
    if is_adapter(folder):
        source = find_source(config, environment, report)
        report(f"loading {config.model_name_or_path} and the adapter", 0, 0)
        base, _ = read_model(config, source)
        known = provenance.get("weights_sha256")
        if known is not None and known != source.weights_sha256():
            notes.append(
                f"The base model {config.model_name_or_path!r} on this worker has other weights than "
                "the one the adapter was trained on: results may differ."
            )
        base.to(device)
        model = _with_adapter(base, folder)
    else:
        report("loading the checkpoint", 0, 0)
        base, _ = read_model(config, Source(folder))
        base.to(device)
        model = base
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return (
        Policy(
            model=model,
            tokenizer=tokenizer,
            provenance=provenance
            | {"name": config.model_name_or_path, "vocab_size": model.config.vocab_size},
            stop_token_ids=stop_tokens(base, tokenizer),
        ),
        notes,
    )


def _with_adapter(base: PreTrainedModel, folder: Path) -> PeftModel:
    try:
        lora = LoraConfig.from_pretrained(str(folder))
        lora.base_model_name_or_path = None  # the base's name there, its folder here
        weights = load_file(folder / ADAPTER)
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise RunError(
            "checkpoint_invalid", f"the checkpoint's adapter cannot be read: {error}"
        ) from error
    try:
        model = get_peft_model(base, lora, autocast_adapter_dtype=True)
        loaded = set_peft_model_state_dict(model, weights)
    except (ValueError, RuntimeError) as error:
        raise RunError(
            "checkpoint_invalid",
            f"the adapter does not fit its base model: {str(error)[:500]}; does this worker have the "
            "model the run was trained from?",
        ) from error
    absent = [key for key in loaded.missing_keys if "lora_" in key]
    if absent or loaded.unexpected_keys:
        raise RunError(
            "checkpoint_invalid",
            f"the adapter does not fit its base model: {len(absent)} of its weights are missing, "
            f"{len(loaded.unexpected_keys)} belong nowhere",
        )
    return model
