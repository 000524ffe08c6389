"""What may be done with a checkpoint: evaluate it, export it, try it on a prompt.

A field that is left empty takes the value of the run the checkpoint belongs to, so that an evaluation
without any is the one that training made.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ahora.config.base import PositiveInt, Section, hint, misfit
from ahora.config.data import DataConfig
from ahora.config.rewards import RewardsConfig
from ahora.config.run import RunConfig

JobKind = Literal["train", "evaluate", "export", "sample"]
"""Every kind of job; those but `train` work on a checkpoint."""

Temperature = Annotated[float | None, Field(gt=0.0, le=10.0)]
Length = Annotated[int | None, Field(ge=1, le=131_072), hint(unit="tokens")]


class _Spec(Section):
    device: Annotated[Literal["cpu", "cuda"] | None, hint(advanced=True)] = None
    """Device class to run on; empty takes the run's."""

    def changes(self) -> dict[str, dict[str, Any]]:
        """Sections of the run's configuration with the fields that this job sets otherwise."""
        return {} if self.device is None else {"resources": {"device": self.device}}


class EvaluateSpec(_Spec):
    """Pass@1 and pass@k of a checkpoint, on the run's held-out problems or on any dataset."""

    kind: Literal["evaluate"] = "evaluate"
    data: DataConfig | None = None
    """Dataset whose held-out problems are evaluated; empty takes the run's."""
    rewards: RewardsConfig | None = None
    """How completions are scored; empty takes the run's. Another dataset may need another score."""
    num_examples: Annotated[int | None, Field(ge=1, le=100_000), hint(unit="problems")] = None
    """Held-out problems evaluated; empty takes the run's number."""
    num_samples: Annotated[int | None, Field(ge=0, le=1024)] = None
    """Completions sampled per problem for `eval/sampled_pass@1` and `eval/pass@k`; empty takes the run's
    number, 0 decodes greedily only."""
    pass_k: Annotated[
        list[Annotated[int, Field(ge=2, le=1024)]] | None,
        Field(max_length=10),
        hint(title="Pass@k"),
    ] = None
    """Values of k for `eval/pass@k`, none above `num_samples`; empty takes the run's."""
    temperature: Temperature = None
    """Sampling temperature; empty takes the run's."""
    max_completion_length: Length = None
    """Longest completion; empty takes the run's."""
    threshold: Annotated[float | None, Field(), hint(advanced=True)] = None
    """A completion passes when the first reward function's score reaches this; empty takes the run's."""
    batch_size: Annotated[
        int | None, Field(ge=1, le=65_536), hint(unit="completions", advanced=True)
    ] = None
    """Completions decoded at once; empty takes the run's number."""
    seed: Annotated[int | None, Field(ge=0, le=2**31 - 1), hint(advanced=True)] = None
    """Seed of sampling; empty takes the run's, which gives the numbers training reported."""

    def changes(self) -> dict[str, dict[str, Any]]:
        """Sections of the run's configuration with the fields that this job sets otherwise."""
        fields = ("num_examples", "num_samples", "pass_k", "threshold", "batch_size")
        changed = super().changes()
        changed["evaluation"] = _given(self, fields)
        if self.num_samples is not None and self.pass_k is None:
            changed["evaluation"]["pass_k"] = []
        changed["rollout"] = _given(self, ("temperature", "max_completion_length"))
        return changed


class ExportSpec(_Spec):
    """A checkpoint as files that other programs load, with a model card."""

    kind: Literal["export"] = "export"
    what: Literal["merged", "adapter"] = "merged"
    """`merged`: the whole model, LoRA merged into its base, as transformers and vLLM load it; `adapter`:
    the LoRA matrices alone, as peft loads them."""
    dtype: Literal["float32", "bfloat16", "float16"] | None = None
    """Precision of the saved weights; empty takes the run's `model.dtype`. Merging is done in float32.
    Adapters are always saved as they were trained."""

    @model_validator(mode="after")
    def _adapter_as_trained(self) -> "ExportSpec":
        if self.what == "adapter" and self.dtype is not None:
            raise misfit("dtype", "dtype applies to merged models: leave it empty for an adapter")
        return self


class SampleSpec(_Spec):
    """Completions of a prompt, token by token."""

    kind: Literal["sample"] = "sample"
    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]
    """The question, or with `template` off the very text that the model continues."""
    template: bool = True
    """Put the prompt through the run's prompt template and chat template, as in training."""
    num_completions: Annotated[PositiveInt, Field(le=64)] = 4
    """Completions to sample."""
    greedy: bool = False
    """Take the likeliest token each time: one completion, whatever `num_completions` says."""
    temperature: Temperature = None
    """Sampling temperature; empty takes the run's."""
    max_completion_length: Length = None
    """Longest completion; empty takes the run's."""
    top_p: Annotated[float | None, Field(gt=0.0, le=1.0), hint(advanced=True)] = None
    """Nucleus sampling; empty takes the run's."""
    top_k: Annotated[int | None, Field(ge=0, le=1_000_000), hint(advanced=True)] = None
    """Keep only the k most likely tokens; 0 keeps all, empty takes the run's."""
    min_p: Annotated[float | None, Field(ge=0.0, le=1.0), hint(advanced=True)] = None
    """Keep only tokens at least this likely relative to the most likely one; empty takes the run's."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1), hint(advanced=True)] = 0
    """Seed of sampling: the same seed gives the same completions."""

    def changes(self) -> dict[str, dict[str, Any]]:
        """Sections of the run's configuration with the fields that this job sets otherwise."""
        fields = ("temperature", "max_completion_length", "top_p", "top_k", "min_p")
        return super().changes() | {"rollout": _given(self, fields)}


JobSpec = Annotated[EvaluateSpec | ExportSpec | SampleSpec, Field(discriminator="kind")]


def _given(spec: Section, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(spec, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def job_config(config: Mapping[str, Any], spec: JobSpec) -> RunConfig:
    """The configuration a job works with: that of its run (resolved) with what `spec` sets otherwise.

    Raises pydantic's ValidationError, with the paths of a RunConfig, when they do not fit together.
    """
    merged = dict(config)
    for section, fields in spec.changes().items():
        merged[section] = {**merged[section], **fields}
    if isinstance(spec, EvaluateSpec):
        if spec.data is not None:
            merged["data"] = spec.data.model_dump(mode="json")
        if spec.rewards is not None:
            merged["rewards"] = spec.rewards.model_dump(mode="json")
        if spec.seed is not None:
            merged["seed"] = spec.seed
    elif isinstance(spec, SampleSpec):
        merged["seed"] = spec.seed
    return RunConfig.model_validate(merged)
