"""Dotted overrides of a configuration."""

from typing import Any

import pytest

from ahora.config import RunConfig
from ahora.config.overrides import OverrideError, apply_overrides


def test_nested_values_and_list_items_change_without_touching_the_original() -> None:
    config = RunConfig().resolved()
    changed = apply_overrides(
        config, {"algorithm.alpha": 0.5, "seed": 3, "rewards.functions.0.weight": 2.0}
    )
    assert changed["algorithm"]["alpha"] == 0.5
    assert changed["seed"] == 3
    assert changed["rewards"]["functions"][0]["weight"] == 2.0
    assert config == RunConfig().resolved()


def test_sections_that_are_missing_from_a_short_file_appear() -> None:
    assert apply_overrides({}, {"optimizer.learning_rate": 1e-3}) == {
        "optimizer": {"learning_rate": 1e-3}
    }


def test_another_variant_leaves_the_fields_it_does_not_have() -> None:
    changed = apply_overrides(
        RunConfig().resolved(), {"algorithm.epsilon": 0.1, "algorithm.name": "grpo"}
    )
    assert RunConfig.model_validate(changed).algorithm.name == "grpo"
    assert changed["algorithm"]["epsilon"] == 0.1
    assert "alpha" not in changed["algorithm"]


def test_a_field_the_new_variant_does_not_have_is_still_refused() -> None:
    changed = apply_overrides(
        RunConfig().resolved(), {"algorithm.alpha": 1.0, "algorithm.name": "grpo"}
    )
    with pytest.raises(ValueError, match="alpha"):
        RunConfig.model_validate(changed)


@pytest.mark.parametrize(
    ("path", "value"),
    [("", 1), ("a..b", 1), ("seed.x", 1), ("rewards.functions.7.weight", 1), ("seed.x.y", 1)],
)
def test_a_path_that_leads_nowhere_is_named(path: str, value: Any) -> None:
    with pytest.raises(OverrideError) as caught:
        apply_overrides(RunConfig().resolved(), {path: value})
    (error,) = caught.value.errors
    assert error.path == path
    assert error.remedy
