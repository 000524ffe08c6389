"""Makes a policy out of a model's folder: precision, LoRA, padding and end tokens."""

from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from huggingface_hub.utils.tqdm import disable_progress_bars
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ahora.config import ModelConfig
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models.cache import Report
from worker.trainer.models.policy import Policy
from worker.trainer.models.source import Source, find_source


def load_policy(
    config: ModelConfig, device: torch.device, environment: Environment, report: Report
) -> Policy:
    """The policy that `config` describes, on `device`, ready to be trained.

    LoRA matrices are drawn from torch's global generator: seed it first. Trained weights are float32
    always; frozen ones have `config.dtype`.

    Raises RunError `model_not_found`, `model_invalid`, `path_not_allowed` or `worker_misconfigured`.
    """
    transformers.logging.disable_progress_bar()  # `report` tells the progress; bars would fill the log
    disable_progress_bars()
    source = find_source(config, environment, report)
    report(f"loading {config.model_name_or_path}", 0, 0)
    model, tokenizer = read_model(config, source)
    model.to(device)
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    policy_model = _with_lora(model, config) if config.use_peft else model
    policy_model.train()
    return Policy(
        model=policy_model,
        tokenizer=tokenizer,
        provenance=_provenance(config, source, policy_model),
        stop_token_ids=stop_tokens(model, tokenizer),
    )


def read_model(
    config: ModelConfig, source: Source
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of a folder, without adapters. Raises RunError `model_invalid`."""
    # full fine-tuning trains these very weights, so they are float32 whatever the forward pass uses
    frozen_dtype = getattr(torch, config.dtype) if config.use_peft else torch.float32
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        model, loaded = AutoModelForCausalLM.from_pretrained(
            source.folder,
            dtype=frozen_dtype,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            **safe,
        )
        tokenizer = AutoTokenizer.from_pretrained(source.folder, **safe)
    except (OSError, ValueError, SafetensorError, StrictDataclassError) as error:
        raise RunError(
            "model_invalid",
            f"model {config.model_name_or_path!r} cannot be loaded: {str(error)[:1000]}",
        ) from error
    # transformers would draw these at random and only warn
    absent = sorted({*loaded["missing_keys"], *(str(key[0]) for key in loaded["mismatched_keys"])})
    if absent:
        raise RunError(
            "model_invalid",
            f"the weights of model {config.model_name_or_path!r} do not fit its config.json: "
            f"{len(absent)} are missing or have another shape, such as {', '.join(absent[:3])}",
        )
    if tokenizer.eos_token_id is None:
        raise RunError(
            "model_invalid",
            f"the tokenizer of {config.model_name_or_path!r} has no end token: set eos_token in its "
            "tokenizer_config.json",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return model, tokenizer


def _with_lora(model: PreTrainedModel, config: ModelConfig) -> PeftModel:
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=config.lora_target_modules,
    )
    try:
        return get_peft_model(model, lora, autocast_adapter_dtype=True)
    except ValueError as error:
        raise RunError(
            "model_invalid",
            f"model.lora_target_modules {config.lora_target_modules!r} does not fit "
            f"{config.model_name_or_path!r}: {str(error)[:500]}; use 'all-linear'",
        ) from error


def stop_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that end a completion: the model's end tokens and the tokenizer's."""
    configured = model.generation_config.eos_token_id if model.generation_config else None
    listed = configured if isinstance(configured, list) else [configured]
    return sorted({int(token) for token in (*listed, tokenizer.eos_token_id) if token is not None})


def _provenance(
    config: ModelConfig, source: Source, model: PreTrainedModel | PeftModel
) -> dict[str, Any]:
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return {
        "name": config.model_name_or_path,
        "revision": source.revision,
        "weights_sha256": source.weights_sha256(),
        "license": source.license(),
        "parameters": sum(size for size, _ in sizes),
        "trainable_parameters": sum(size for size, trained in sizes if trained),
        "vocab_size": model.config.vocab_size,
    }
