"""A run that is interrupted and goes on is, to the bit, the run that was not interrupted."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ahora.status import RunStatus
from worker.trainer.rewards import process
from worker.trainer.stop import Stop

Runs = Callable[..., Any]

STEPS = 5
OFTEN: dict[str, Any] = {
    "evaluation": {"eval_steps": 2, "num_samples": 2, "pass_k": [2], "num_examples": 4},
    "checkpoints": {"save_steps": 2},
    "optimizer": {"learning_rate": 1e-2, "lr_scheduler_type": "cosine", "warmup_steps": 2},
    "logging": {"rollout_steps": 0},
    "max_steps": STEPS,
}
SMALL_BF16 = {"model_name_or_path": "local:small", "dtype": "bfloat16"}
VARIANTS: dict[str, dict[str, Any]] = {
    "full, dynamic sampling": {
        "rollout": {"dynamic_sampling": True, "max_resample_times": 2},
    },
    "full, two updates, KL": {
        "algorithm": {"name": "grpo", "beta": 0.1, "num_iterations": 2, "loss_type": "grpo"},
    },
    "LoRA with dropout, KL": {
        "model": {"use_peft": True, "lora_dropout": 0.2},
        "algorithm": {"name": "sa_ah_grpo", "beta": 0.1},
    },
    "bfloat16, parts": {
        "model": SMALL_BF16,
        "rollout": {"steps_per_generation": 2},
        "optimizer": {"per_device_train_batch_size": 3, "weight_decay": 0.1},
    },
    "LoRA on a bfloat16 base": {"model": {**SMALL_BF16, "use_peft": True, "lora_dropout": 0.1}},
}


class Checks:
    """Counts the places where a run may be stopped, and stops it at one of them.

    Those passed while an answer of a reward is waited for are not counted: the clock says how many they are.
    """

    def __init__(self) -> None:
        self.passed = 0
        self.stop_at: int | None = None

    def at(self, number: int | None) -> None:
        self.passed, self.stop_at = 0, number

    def passing(self, stop: Stop) -> None:
        self.passed += 1
        if self.stop_at is not None and self.passed > self.stop_at:
            stop.request()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    found, check = Checks(), Stop.check

    def counted(stop: Stop) -> None:
        if sys._getframe(1).f_globals["__name__"] != process.__name__:
            found.passing(stop)
        check(stop)

    monkeypatch.setattr(Stop, "check", counted)
    yield found
    monkeypatch.undo()


def same_weights(one: Any, other: Any, step: int = STEPS) -> bool:
    left, right = one.weights(step), other.weights(step)
    assert left.keys() == right.keys()
    return all(torch.equal(left[name], right[name]) for name in left)


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(OFTEN)
    for section, values in changes.items():
        result[section] = {**result.get(section, {}), **values}
    return result


@pytest.mark.parametrize("variant", VARIANTS)
def test_interrupted_again_and_again_it_is_the_same_run_to_the_bit(
    run: Runs, checks: Checks, variant: str
) -> None:
    config = changed(VARIANTS[variant])
    checks.at(None)
    whole = run(config, "whole")
    assert whole.status() == (RunStatus.COMPLETED, "")
    # more than the first evaluation and one step have, so that each attempt gets on
    between = checks.passed // 4 + 29
    stops = 0
    options: list[str] = []
    while True:
        checks.at(between)
        broken = run(config, "broken", options=options)
        options = ["--resume"]
        if broken.status()[0] is RunStatus.COMPLETED:
            break
        assert broken.status() == (RunStatus.STOPPED, "")
        stops += 1
        assert stops < 9
    reached = [event.step for event in broken.of("resumed")]
    assert len(reached) == stops >= 3
    assert reached == sorted(reached)
    assert broken.steady() == whole.steady()
    assert same_weights(broken, whole)
    assert [event.reason for event in broken.of("resumed")][-1].startswith("Training goes on after")


def test_a_stop_during_an_evaluation_is_followed_by_that_evaluation(
    run: Runs, checks: Checks
) -> None:
    config = changed({"evaluation": {"num_examples": 20, "eval_on_start": False}})
    checks.at(None)
    whole = run(config, "whole")
    # the last thing a run does before its last checkpoint is an evaluation
    checks.at(checks.passed - 20)
    broken = run(config, "broken")
    assert broken.status() == (RunStatus.STOPPED, "")
    assert broken.of("checkpoint")[-1].step == STEPS
    assert "eval/pass@1" not in broken.values()[STEPS]
    checks.at(None)
    found = run(config, "broken", options=["--resume"])
    assert found.status() == (RunStatus.COMPLETED, "")
    assert found.steady() == whole.steady()
    last = found.of("checkpoint")[-1]
    assert (last.step, last.metrics) == (STEPS, whole.of("checkpoint")[-1].metrics)


def test_a_run_that_was_finished_completes_without_doing_anything(run: Runs) -> None:
    whole = run(OFTEN)
    lines = len(whole.events)
    again = run(OFTEN, options=["--resume"])
    assert again.status() == (RunStatus.COMPLETED, "")
    fresh = again.events[lines:]
    assert not [event for event in fresh if event.type in ("metrics", "checkpoint")]
    (resumed,) = again.of("resumed")
    assert resumed.step == STEPS
    running = next(i for i, e in enumerate(fresh) if e.type == "status")
    assert next(i for i, e in enumerate(fresh) if e.type == "resumed") < running


def test_a_longer_run_goes_on_from_a_shorter_one_and_says_what_changed(run: Runs) -> None:
    run({**OFTEN, "max_steps": 3})
    longer = run(OFTEN, options=["--resume"])
    assert longer.of("resumed")[-1].step == 3
    warnings = [event.message for event in longer.of("log") if event.level == "warning"]
    assert any("has changed" in line and "max_steps" in line for line in warnings)
    assert max(longer.values()) == STEPS


def flip_a_byte(folder: Path) -> None:
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def truncate(folder: Path) -> None:
    file = folder / "training/optimizer.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "flipped byte": (flip_a_byte, "model.safetensors is damaged"),
    "truncated": (truncate, "training/optimizer.safetensors has"),
    "missing file": (lambda folder: (folder / "ahora.json").unlink(), "ahora.json is missing"),
    "missing manifest": (lambda folder: (folder / "manifest.json").unlink(), "no manifest.json"),
    "torn manifest": (
        lambda folder: (folder / "manifest.json").write_text('{"files": ['),
        "manifest.json cannot be read",
    ),
    "gone": (shutil.rmtree, "is not there"),
}


@pytest.fixture
def saved(run: Runs) -> Any:
    """A run with checkpoints after steps 1, 2, 3, 4 and 5."""
    return run({**OFTEN, "checkpoints": {"save_steps": 1, "save_total_limit": None}}, "saved")


def folders(found: Any) -> list[str]:
    """Its checkpoints as a supervisor gives them: newest first."""
    return [str(found.out / event.path) for event in reversed(found.of("checkpoint"))]


def test_damaged_checkpoints_are_passed_over_for_the_one_before(run: Runs, saved: Any) -> None:
    damaged = folders(saved)
    for (damage, _), folder in zip(list(DAMAGE.values())[:4], damaged, strict=False):
        damage(Path(folder))
    found = run(OFTEN, "resumed", resume_from=damaged)
    (resumed,) = found.of("resumed")
    assert (resumed.step, resumed.path) == (1, damaged[-1])
    warnings = [event.message for event in found.of("log") if event.level == "warning"]
    for (_, words), line in zip(list(DAMAGE.values())[:4], warnings, strict=True):
        assert words in line
        assert words in resumed.reason
    assert found.status() == (RunStatus.COMPLETED, "")
    whole = saved.steady()
    assert found.steady() == {step: values for step, values in whole.items() if step > 1}


def test_without_a_usable_checkpoint_training_starts_afresh(run: Runs, saved: Any) -> None:
    damaged = folders(saved)[:2]
    for (damage, _), folder in zip(list(DAMAGE.values())[4:], damaged, strict=True):
        damage(Path(folder))
    found = run(OFTEN, "resumed", resume_from=damaged)
    (resumed,) = found.of("resumed")
    assert (resumed.step, resumed.path) == (0, "")
    assert "starts afresh" in resumed.reason
    assert found.steady() == saved.steady()


def test_checkpoints_of_another_run_or_model_are_refused_unless_they_are_named(
    run: Runs, saved: Any, tmp_path: Path
) -> None:
    newest = folders(saved)[0]
    foreign = run(OFTEN, "foreign", resume_from=[newest], run_id="another")
    assert foreign.of("resumed")[0].step == 0
    assert "belongs to run 'abc'" in foreign.of("resumed")[0].reason
    named = run({**OFTEN, "max_steps": 6}, "named", options=["--resume", newest], run_id="another")
    assert named.of("resumed")[0].step == STEPS
    lora = run({**OFTEN, "model": {"use_peft": True}}, "lora", resume_from=[newest])
    assert "holds a whole model" in lora.of("resumed")[0].reason
    state = json.loads((Path(newest) / "training/state.json").read_text())
    assert state["state"]["step"] == STEPS


@pytest.mark.parametrize("use_peft", [True, False])
def test_a_child_begins_with_the_weights_alone_and_keeps_them_as_its_reference(
    run: Runs, use_peft: bool
) -> None:
    model = {"model": {"use_peft": use_peft}}
    # gentle, so that the child's rollouts still differ in reward
    parent = run(changed({**model, "optimizer": {"learning_rate": 1e-4}}), "parent")
    origin = str(parent.out / f"checkpoints/step-{STEPS:06d}")
    config = changed({**model, "algorithm": {"name": "grpo", "beta": 0.1}})
    child = run(config, "child", initialise_from=origin, run_id="child")
    values = child.values()
    # greedy decoding of the same weights
    assert values[0]["eval/pass@1"] == parent.values()[STEPS]["eval/pass@1"]
    assert values[1]["learning_rate"] == pytest.approx(5e-3)
    assert values[1]["kl"] == pytest.approx(0, abs=1e-6)
    assert values[3]["kl"] > 1e-6
    (provenance,) = child.of("provenance")
    assert provenance.values["model"]["initialised_from"] == f"step {STEPS} of run abc"
    assert child.of("resumed") == []

    # what resumes the child is given the same weights to take the KL term against
    middle = str(child.out / "checkpoints/step-000002")
    shorter = run(config, "again", resume_from=[middle], initialise_from=origin, run_id="child")
    steady = child.steady()
    assert shorter.steady() == {step: values for step, values in steady.items() if step > 2}
    without = run(config, "without", resume_from=[middle], run_id="child")
    assert without.status() == (RunStatus.FAILED, "config_invalid")


def test_the_best_checkpoint_outlives_the_limit(run: Runs) -> None:
    found = run(
        changed(
            {
                "evaluation": {"eval_steps": 1, "num_examples": 16},
                "checkpoints": {"save_steps": 1, "save_total_limit": 1},
            }
        )
    )
    scores = {step: values["eval/pass@1"] for step, values in found.values().items() if step}
    best = min(step for step, score in scores.items() if score == max(scores.values()))
    left = {path.name for path in (found.out / "checkpoints").iterdir()}
    assert left == {f"step-{best:06d}", f"step-{STEPS:06d}"}
    flagged = [event.step for event in found.of("checkpoint") if event.best]
    assert flagged[-1] == best
