"""What jobs on checkpoints find out: the values of their result events, and of the API's answers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class _Result(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        ser_json_inf_nan="strings",
        protected_namespaces=(),
        use_attribute_docstrings=True,
    )


class EvaluatedProblem(_Result):
    """A held-out problem and the greedy answer to it."""

    prompt: str
    answer: str
    """The reference answer."""
    completion: str
    correct: bool
    truncated: bool
    """Whether it reached the longest length without an end token."""


class EvaluateResult(_Result):
    """Pass@1 and its companions."""

    kind: Literal["evaluate"] = "evaluate"
    metrics: dict[str, float]
    """The `eval/...` metrics of `ahora.metrics`."""
    problems: Count
    """Problems evaluated."""
    data: dict[str, Any]
    """`kind`, `eval_size`, `eval_sha256` and `template` of the data."""
    examples: list[EvaluatedProblem]
    """The first problems, with their greedy completions."""


class SampledCompletion(_Result):
    """One completion, token by token. All lists have one entry per token."""

    text: str
    """Without special tokens."""
    tokens: list[str]
    """Text of each token as it stands in the completion; special tokens by their name."""
    token_ids: list[int]
    entropy: list[float]
    """Entropy of the policy at this position, in nats, at the sampling temperature."""
    logprob: list[float]
    """Log-probability of the token, in nats, at the sampling temperature."""
    truncated: bool
    """Whether it reached the longest length without an end token."""


class SampleResult(_Result):
    """Completions of a prompt."""

    kind: Literal["sample"] = "sample"
    prompt: str
    """The prompt as the model read it."""
    prompt_tokens: Count
    completions: list[SampledCompletion]


class ExportResult(_Result):
    """What was exported; the files are the job's checkpoint."""

    kind: Literal["export"] = "export"
    what: Literal["merged", "adapter"]
    dtype: str
    parameters: Count
    """Parameters saved."""
    base_model: str
    base_license: str | None
    """Licence of the base model, where it says one."""
    size: Count
    """Bytes, over all files."""


JobResult = Annotated[EvaluateResult | SampleResult | ExportResult, Field(discriminator="kind")]
