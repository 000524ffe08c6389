"""RunConfig: what is accepted, what is refused, and how the refusal reads."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from ahora.config import GRPO, RunConfig
from ahora.config.errors import FieldError, field_errors


def errors_of(config: dict[str, Any]) -> dict[str, FieldError]:
    with pytest.raises(ValidationError) as caught:
        RunConfig.model_validate(config)
    return {error.path: error for error in field_errors(caught.value)}


def with_defaults(**changes: Any) -> dict[str, Any]:
    return RunConfig().resolved() | changes


def test_resolving_twice_changes_nothing() -> None:
    resolved = RunConfig().resolved()
    assert RunConfig.model_validate(resolved).resolved() == resolved


def test_grpo_is_alpha_zero_and_takes_no_alpha() -> None:
    assert GRPO().alpha == 0.0
    error = errors_of({"algorithm": {"name": "grpo", "alpha": 0.5}})["algorithm.alpha"]
    assert "not permitted" in error.message


@pytest.mark.parametrize("name", ["ah_grpo", "sa_ah_grpo"])
def test_the_horizon_variants_default_to_the_papers_alpha(name: str) -> None:
    config = RunConfig.model_validate({"algorithm": {"name": name}})
    assert config.algorithm.alpha == 0.5
    assert config.algorithm.selective == (name == "sa_ah_grpo")


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"optimizer": {"learning_rate": -1}}, "optimizer.learning_rate", "Use a value above 0"),
        (
            {"optimizer": {"learning_rat": 1e-4}},
            "optimizer.learning_rat",
            "did you mean 'learning_rate'",
        ),
        ({"algorithm": {"name": "ppo"}}, "algorithm", "'sa_ah_grpo'"),
        ({"algorithm": {"alpha": 1}}, "algorithm", "Add 'name'"),
        (
            {"rollout": {"generation_batch_size": 63}},
            "rollout.generation_batch_size",
            "Correct the value",
        ),
        (
            {"rewards": {"functions": [{"kind": "exact_text"}, {"kind": "task"}]}},
            "rewards.functions.1.kind",
            "Correct the value",
        ),
        ({"rewards": {"functions": [{"kind": "length_penalty"}]}}, "rewards.functions.0.kind", ""),
        (
            {"data": {"kind": "multiplication", "prompt": {"max_prompt_length": 9}}},
            "data.prompt",
            "",
        ),
        ({"model": {"dtype": "bfloat16"}}, "model.dtype", ""),
        ({"model": {"model_revision": "main"}}, "model.model_revision", ""),
        ({"data": {"kind": "arithmetic", "min_operand": 9}}, "data.max_operand", ""),
        (
            {"rewards": {"functions": [{"kind": "regex", "pattern": "("}]}},
            "rewards.functions.0.pattern",
            "Correct the value",
        ),
        ({"data": {"kind": "jsonl"}}, "data.path", "Correct"),
        ({"max_steps": "many"}, "max_steps", "type int"),
        ({"nonsense": 1}, "nonsense", "Remove it"),
    ],
)
def test_a_wrong_field_is_named_with_a_remedy(
    change: dict[str, Any], path: str, words: str
) -> None:
    errors = errors_of(change)
    assert path in errors, errors
    assert words in errors[path].remedy


def test_scale_rewards_takes_trls_booleans() -> None:
    def scale(value: object) -> str:
        return RunConfig.model_validate(
            {"algorithm": {"name": "grpo", "scale_rewards": value}}
        ).algorithm.scale_rewards

    assert [scale(each) for each in (True, False, "none", "batch")] == [
        "group", "none", "none", "batch",
    ]  # fmt: skip
    assert (
        "'group', 'batch' or 'none'"
        in errors_of({"algorithm": {"name": "grpo", "scale_rewards": 1}})[
            "algorithm.scale_rewards"
        ].remedy
    )


def test_a_batch_that_is_no_multiple_of_the_group_says_which_would_be() -> None:
    error = errors_of({"rollout": {"generation_batch_size": 63, "num_generations": 8}})[
        "rollout.generation_batch_size"
    ]
    assert "try 64" in error.message


def test_a_vllm_without_room_for_a_prompt_is_refused() -> None:
    rollout = {"engine": "vllm", "max_completion_length": 64, "vllm_max_model_length": 64}
    error = errors_of({"rollout": rollout})["rollout.vllm_max_model_length"]
    assert "max_completion_length (64)" in error.message


def test_a_batch_that_cannot_be_split_into_as_many_updates_says_what_would_do() -> None:
    error = errors_of({"rollout": {"generation_batch_size": 48, "steps_per_generation": 7}})[
        "rollout.steps_per_generation"
    ]
    assert "must divide generation_batch_size (48): try 6" in error.message


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.jsonl", "a/../../b.jsonl"])
def test_data_paths_stay_inside_the_workers_root(path: str) -> None:
    error = errors_of({"data": {"kind": "jsonl", "path": path}})["data.path"]
    assert "data root" in error.message


@pytest.mark.parametrize(
    "name", ["local:../x", "local:/x", "local:", "https://x.y/z", "a/b/c", "-x"]
)
def test_model_names_that_are_no_name_are_refused(name: str) -> None:
    assert "model.model_name_or_path" in errors_of({"model": {"model_name_or_path": name}})


@pytest.mark.parametrize(
    "name", ["tiny", "smollm2-135m", "Qwen/Qwen2.5-1.5B-Instruct", "local:a/b"]
)
def test_model_names_of_each_kind_are_accepted(name: str) -> None:
    data = {"kind": "multiplication"} if name == "tiny" else {"kind": "arithmetic"}
    RunConfig.model_validate({"model": {"model_name_or_path": name}, "data": data})


@pytest.mark.parametrize("template", ["no placeholder", "{question} {answer}", "{question", "{}"])
def test_prompt_templates_must_hold_the_question_and_nothing_else(template: str) -> None:
    data = {"kind": "arithmetic", "prompt": {"prompt_template": template}}
    config = {"model": {"model_name_or_path": "smollm2-135m"}, "data": data}
    assert "data.prompt.prompt_template" in errors_of(config)


def test_two_rewards_of_one_name_are_refused() -> None:
    functions = [{"kind": "regex"}, {"kind": "regex", "pattern": "x"}]
    assert (
        "give each a distinct name"
        in errors_of({"rewards": {"functions": functions}})["rewards.functions.1.name"].message
    )
    functions[1]["name"] = "other"
    RunConfig.model_validate({"rewards": {"functions": functions}})


def test_the_tiny_model_cannot_read_other_data() -> None:
    error = errors_of({"data": {"kind": "arithmetic"}})["data.kind"]
    assert "'multiplication'" in error.message


def test_pass_at_k_needs_that_many_samples() -> None:
    error = errors_of({"evaluation": {"pass_k": [8], "num_samples": 4}})["evaluation.pass_k"]
    assert "at least 8" in error.message


def test_the_schema_is_valid_and_accepts_what_the_class_accepts() -> None:
    schema = RunConfig.model_json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(RunConfig().resolved())
    assert not validator.is_valid(with_defaults(max_steps=0))
    assert not validator.is_valid(with_defaults(nonsense=1))


def sections(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    schema_models = seen | {model}
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            if inner not in schema_models:
                schema_models |= sections(inner, schema_models)
    return schema_models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [
        model for argument in getattr(annotation, "__args__", ()) for model in _models_in(argument)
    ]


def test_every_field_has_a_help_text() -> None:
    missing = [
        f"{model.__name__}.{name}"
        for model in sections(RunConfig, set())
        for name, field in model.model_fields.items()
        if not field.description and name not in {"kind", "name"}
    ]
    assert missing == []
    assert len(sections(RunConfig, set())) > 20
