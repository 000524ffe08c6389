"""Turns pydantic's validation errors into what a person can act on."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from ahora.config.algorithm import AHGRPO, GRPO, SAAHGRPO
from ahora.config.data import (
    ArithmeticData,
    Gsm8kData,
    JsonlData,
    MultiplicationData,
    ReasoningGymData,
)
from ahora.config.jobs import EvaluateSpec, ExportSpec, SampleSpec
from ahora.config.rewards import (
    ExactNumberReward,
    ExactTextReward,
    LengthPenaltyReward,
    MathVerifyReward,
    PythonReward,
    RegexReward,
    TaskReward,
)

VARIANTS: dict[str, type[BaseModel]] = {
    **{str(cls.model_fields["name"].default): cls for cls in (GRPO, AHGRPO, SAAHGRPO)},
    **{
        str(cls.model_fields["kind"].default): cls
        for cls in (
            MultiplicationData,
            ArithmeticData,
            Gsm8kData,
            JsonlData,
            ReasoningGymData,
            ExactNumberReward,
            ExactTextReward,
            MathVerifyReward,
            RegexReward,
            LengthPenaltyReward,
            TaskReward,
            PythonReward,
            EvaluateSpec,
            ExportSpec,
            SampleSpec,
        )
    },
}
"""Tag of a tagged union's variant (`sa_ah_grpo`, `jsonl`, `regex` ...) to its class."""

_UNIONS = {"algorithm", "data", "functions", "spec"}


class FieldError(BaseModel):
    """One invalid field: where it is, what is wrong, and what to do."""

    path: str
    """Dotted path, such as `optimizer.learning_rate` or `rewards.functions.0.pattern`."""
    message: str
    remedy: str


def field_errors(error: ValidationError) -> list[FieldError]:
    """Every invalid field of a configuration, with the names of union variants left out of the path."""
    return [describe_error(item) for item in error.errors(include_url=False)]


def describe_error(item: Mapping[str, Any]) -> FieldError:
    """One entry of pydantic's (or FastAPI's) list of errors as a `FieldError`."""
    location: Sequence[int | str] = item["loc"]
    path = ".".join(str(part) for part in _without_tags(location))
    if item["type"] == "misfit":
        path = f"{path}.{item['ctx']['path']}".removeprefix(".")
    message = str(item["msg"]).removeprefix("Value error, ")
    return FieldError(path=path, message=message, remedy=_remedy(item, location))


def _without_tags(location: Iterable[int | str]) -> list[int | str]:
    kept: list[int | str] = []
    for part in location:
        under = kept[-1] if kept else None
        in_list = isinstance(under, int) and len(kept) > 1 and kept[-2] in _UNIONS
        if part in VARIANTS and (under in _UNIONS or in_list):
            continue
        kept.append(part)
    return kept


def _remedy(item: Mapping[str, Any], location: Sequence[int | str]) -> str:
    kind, context = str(item["type"]), item.get("ctx") or {}
    if kind == "extra_forbidden":
        return _did_you_mean(location)
    if kind == "missing":
        return "Add this field: it has no default."
    if kind in {"union_tag_invalid", "literal_error", "enum"}:
        return f"Choose one of {context.get('expected_tags') or context.get('expected')}."
    if kind == "union_tag_not_found":
        return f"Add {context.get('discriminator')}: it says which variant this is."
    bounds = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    for key, words in bounds.items():
        if key in context:
            return f"Use a value {words} {context[key]}."
    if kind.startswith(("int", "float", "bool", "string", "list", "dict")):
        return f"Give a value of type {kind.split('_', 1)[0]}."
    if kind in {"value_error", "misfit"}:
        return "Correct the value as the message says."
    return "Correct the value; the field's help text says what it takes."


def _did_you_mean(location: Sequence[int | str]) -> str:
    from ahora.config.run import RunConfig

    model: type[BaseModel] | None = RunConfig
    for part in location[:-1]:
        if isinstance(part, str) and part in VARIANTS:
            model = VARIANTS[part]
        elif model is not None and isinstance(part, str) and part in model.model_fields:
            inner = model.model_fields[part].annotation
            model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    names = list(model.model_fields) if model is not None else []
    close = difflib.get_close_matches(str(location[-1]), names, n=1)
    return f"Remove it, or did you mean {close[0]!r}?" if close else "Remove it: no such field."
