"""Where prompts and their reference answers come from."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ahora.config.base import Fraction, PositiveInt, Section, hint, misfit


def _inside_root(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(
            "must be relative to the worker's data root, without '..' or a leading '/': "
            "ask the worker's owner to put the file there (AHORA_DATA_ROOT)"
        )
    return value


class PromptConfig(Section):
    """How a row of a dataset becomes the text the model continues."""

    prompt_template: Annotated[str, Field(min_length=1, max_length=20_000)] = "{question}"
    """Text of the user turn. `{question}` stands for the row's question; it must occur. Braces that
    are meant literally are doubled: `{{` and `}}`."""

    system_prompt: Annotated[str | None, Field(max_length=20_000)] = None
    """Text of the system turn; empty sends none. Only used where a chat template is."""

    chat_template: Literal["auto", "always", "never"] = "auto"
    """Whether the prompt is wrapped in the tokenizer's chat template: `auto` does so when the
    tokenizer has one."""

    max_prompt_length: Annotated[PositiveInt, Field(le=131_072), hint(unit="tokens")] = 512
    """Rows whose prompt is longer are left out (and counted in the run's log), never cut."""

    @field_validator("prompt_template")
    @classmethod
    def _has_question(cls, value: str) -> str:
        try:
            rendered = value.format(question="\0")
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ValueError(
                f"is not a valid template ({error!r}): only {{question}} may be in single braces; "
                "double literal braces"
            ) from error
        if "\0" not in rendered:
            raise ValueError("must contain {question}, or every prompt would be the same")
        return value


class _Data(Section):
    prompt: PromptConfig = Field(default_factory=PromptConfig)
    """Template, system prompt and chat template."""

    data_seed: Annotated[int, Field(ge=0, le=2**31 - 1), hint(advanced=True)] = 0
    """Seed of generated problems and of the held-out split. Kept apart from the run's `seed`, so that
    all seeds of a study train and are evaluated on the same problems."""


class MultiplicationData(_Data):
    """Multiplication with a scratchpad, the task the `tiny` model is pre-trained on."""

    kind: Literal["multiplication"] = "multiplication"
    digits: Annotated[int, Field(ge=2, le=5), hint(unit="digits")] = 5
    """Digits of the first factor; the second has one. `tiny` is pre-trained on 5."""


class ArithmeticData(_Data):
    """Generated one-line arithmetic with a held-out split by unordered pair (3+5 and 5+3 fall on the
    same side)."""

    kind: Literal["arithmetic"] = "arithmetic"
    operation: Literal["add", "subtract", "multiply"] = "add"
    """Which operation the problems ask for."""
    min_operand: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Smallest operand."""
    max_operand: Annotated[int, Field(ge=0, le=10**9)] = 9
    """Largest operand."""
    held_out_fraction: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    """Share of the unordered pairs kept for evaluation and never trained on."""

    @model_validator(mode="after")
    def _range(self) -> "ArithmeticData":
        if self.max_operand <= self.min_operand:
            raise misfit(
                "max_operand",
                f"max_operand ({self.max_operand}) must be above min_operand ({self.min_operand})",
            )
        return self


class Gsm8kData(_Data):
    """GSM8K grade-school mathematics (Cobbe et al. 2021, arXiv 2110.14168): train on its train split,
    evaluate on its test split; the answer follows `####`."""

    kind: Literal["gsm8k"] = "gsm8k"
    path: Annotated[str | None, Field(max_length=500)] = None
    """Folder with `train.jsonl` and `test.jsonl`, relative to the worker's data root. Empty loads
    `openai/gsm8k` from the Hugging Face hub."""

    _inside = field_validator("path")(lambda value: value and _inside_root(value))


class JsonlData(_Data):
    """A JSONL file with one problem a line."""

    kind: Literal["jsonl"] = "jsonl"
    dataset: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-f]{64}$"),
        hint(title="Uploaded dataset", widget="dataset"),
    ] = None
    """SHA-256 of an uploaded dataset with the training problems (page Datasets, `ahora datasets`). Any worker
    fetches it from the server. Give this or `path`."""
    path: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    """JSONL file with the training problems, relative to the worker's data root."""
    eval_dataset: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-f]{64}$"),
        hint(title="Uploaded held-out dataset", widget="dataset"),
    ] = None
    """SHA-256 of an uploaded dataset with the held-out problems. Without this and `eval_path` the
    training problems are split by `held_out_fraction`."""
    eval_path: Annotated[str | None, Field(max_length=500)] = None
    """JSONL file with the held-out problems, relative to the worker's data root."""
    prompt_column: Annotated[str, Field(min_length=1, max_length=200)] = "prompt"
    """Key of the question in each line."""
    answer_column: Annotated[str, Field(min_length=1, max_length=200)] = "answer"
    """Key of the reference answer in each line."""
    held_out_fraction: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1
    """Share of the lines kept for evaluation when no held-out problems are named. Lines with the same
    question always fall on the same side."""

    _inside = field_validator("path", "eval_path")(lambda value: value and _inside_root(value))

    @model_validator(mode="after")
    def _one_source(self) -> "JsonlData":
        if self.path is None and self.dataset is None:
            raise misfit(
                "path", "path or dataset must say where the training problems are: give one of them"
            )
        if self.path is not None and self.dataset is not None:
            raise misfit("path", "path and dataset are both given: keep one of them")
        if self.eval_path is not None and self.eval_dataset is not None:
            raise misfit("eval_path", "eval_path and eval_dataset are both given: keep one of them")
        return self

    @property
    def datasets(self) -> list[str]:
        """Hashes of the uploaded datasets it reads."""
        return [each for each in (self.dataset, self.eval_dataset) if each is not None]


class ReasoningGymData(_Data):
    """A procedurally generated task of reasoning-gym (github.com/open-thought/reasoning-gym), scored
    by the task's own verifier."""

    kind: Literal["reasoning_gym"] = "reasoning_gym"
    task: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)] = "chain_sum"
    """Name of the reasoning-gym dataset, such as `chain_sum`, `basic_arithmetic` or `gsm_symbolic`."""
    size: Annotated[PositiveInt, Field(le=1_000_000), hint(unit="problems")] = 2000
    """How many training problems are generated. Held-out problems come from another seed; those that
    also occur in training are dropped."""
    task_options: Annotated[dict[str, Any], hint(advanced=True)] = Field(default_factory=dict)
    """Options of the task's own configuration, such as `{"max_terms": 3}`."""


DataConfig = Annotated[
    MultiplicationData | ArithmeticData | Gsm8kData | JsonlData | ReasoningGymData,
    Field(discriminator="kind"),
]

__all__ = [
    "ArithmeticData",
    "DataConfig",
    "Fraction",
    "Gsm8kData",
    "JsonlData",
    "MultiplicationData",
    "PromptConfig",
    "ReasoningGymData",
]
