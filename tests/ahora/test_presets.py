"""The shipped presets: all parse, and those that are compared differ in one thing."""

import pytest

from ahora.config import BUILT_IN_MODELS, RunConfig
from ahora.presets import Preset, UnknownPresetError, list_presets, load_preset
from worker.trainer.data.multiplication import MultiplicationProblems

PRESETS = list_presets()
PAIRS = [
    ("demo-grpo", "demo-sa-ah-grpo"),
    ("gsm8k-qwen2.5-1.5b-grpo", "gsm8k-qwen2.5-1.5b-sa-ah-grpo"),
    ("gsm8k-qwen2.5-3b-grpo", "gsm8k-qwen2.5-3b-sa-ah-grpo"),
]


def test_everything_that_is_promised_is_shipped() -> None:
    names = {preset.name for preset in PRESETS}
    assert names == {name for pair in PAIRS for name in pair} | {
        "smollm2-addition",
        "smollm2-gsm8k",
    }


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_whole(preset: Preset) -> None:
    assert preset.title
    assert len(preset.description) > 40
    assert "\n" not in preset.description
    assert RunConfig.model_validate(preset.config.resolved()) == preset.config
    assert preset.requires_gpu == (preset.config.resources.device == "cuda")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_what_needs_no_gpu_needs_no_hub_either(preset: Preset) -> None:
    if not preset.requires_gpu:
        assert preset.config.model.model_name_or_path in BUILT_IN_MODELS
        assert getattr(preset.config.data, "path", "local") is not None


@pytest.mark.parametrize(("grpo", "variant"), PAIRS)
def test_presets_that_are_compared_differ_in_the_algorithm_only(grpo: str, variant: str) -> None:
    one, other = (load_preset(name).config.resolved() for name in (grpo, variant))
    assert (one.pop("algorithm")["name"], other.pop("algorithm")["name"]) == ("grpo", "sa_ah_grpo")
    assert one == other


def test_the_paper_is_followed_where_its_abstract_is_known() -> None:
    for size in ("1.5b", "3b"):
        config = load_preset(f"gsm8k-qwen2.5-{size}-sa-ah-grpo").config
        assert config.model.model_name_or_path == f"Qwen/Qwen2.5-{size.upper()}-Instruct"
        assert config.model.use_peft
        assert config.algorithm.alpha == 0.5
        assert config.max_steps == 180


def test_the_demo_leaves_room_for_every_scratchpad() -> None:
    problems = MultiplicationProblems(5, held_out=True)
    longest = max(len(problems[index].solution()) for index in range(0, len(problems), 7)) + 1
    assert longest <= load_preset("demo-grpo").config.rollout.max_completion_length


def test_a_preset_can_be_changed_without_changing_it_for_others() -> None:
    changed = load_preset("demo-grpo")
    changed.config.seed = 5
    assert load_preset("demo-grpo").config.seed == 0


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownPresetError, match="'demo'; there are: demo-grpo, demo-sa-ah-grpo, "):
        load_preset("demo")
