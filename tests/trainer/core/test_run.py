"""Whole runs of `python -m worker.trainer` on a barely pre-trained model."""

import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from ahora.metrics import describe
from ahora.status import RunStatus
from worker.trainer.environment import Environment
from worker.trainer.models.source import Source

Start = Callable[..., tuple[subprocess.Popen[bytes], Path]]
Runs = Callable[..., Any]

TIMES = ("step_time", "timing/")
EVERY_STEP = {
    "reward", "reward_std", "rewards/four/mean", "rewards/four/std", "frac_reward_zero_std",
    "reward_sampling_variance", "rewards/unscored_frac", "entropy", "loss", "policy_loss",
    "grad_norm", "learning_rate", "clip_ratio/low_mean", "clip_ratio/high_mean",
    "clip_ratio/low_min", "clip_ratio/high_max", "clip_ratio/region_mean",
    "completions/mean_length", "completions/min_length",
    "completions/max_length", "completions/clipped_ratio", "num_tokens", "step_time",
    "advantage/positive_frac", "advantage/negative_frac", "timing/rollout", "timing/reward",
    "timing/score", "timing/backward", "timing/optimizer", "skipped_updates", "entropy/collapsed",
}  # fmt: skip
WITH_SIGNAL = {
    "horizon/weight_mean", "horizon/effective_length", "horizon/effective_fraction",
    "entropy/positive", "entropy/negative",
}  # fmt: skip


def status(run: Any) -> tuple[RunStatus, str]:
    last = run.events[-1]
    assert last.type == "status"
    return last.status, last.error_type


def steady(run: Any) -> dict[int, dict[str, float]]:
    """All metrics but those that measure time."""
    return {
        step: {name: value for name, value in values.items() if not name.startswith(TIMES)}
        for step, values in run.values().items()
    }


def weights(run: Any, step: int) -> dict[str, torch.Tensor]:
    (file,) = (run.out / f"checkpoints/step-{step:06d}").glob("*.safetensors")
    return load_file(file)


def test_a_run_from_beginning_to_end(run: Runs) -> None:
    found = run({"evaluation": {"num_samples": 4, "pass_k": [2, 4], "eval_steps": 2}})
    assert found.returncode == 0
    assert status(found) == (RunStatus.COMPLETED, "")
    assert found.events[0].type == "progress"
    assert found.events[0].phase == "setup"
    kinds = [event.type for event in found.events]
    running = next(i for i, e in enumerate(found.events) if e.type == "status")
    assert found.events[running].status == RunStatus.RUNNING
    assert kinds.index("provenance") < running < kinds.index("metrics")

    values = found.values()
    assert sorted(values) == [0, 1, 2, 3]
    assert set(values[0]) == {
        "eval/pass@1", "eval/mean_length", "eval/clipped_ratio", "eval/sampled_pass@1",
        "eval/pass@2", "eval/pass@4",
    }  # fmt: skip
    assert set(values[0]) <= set(values[2])
    assert set(values[0]) <= set(values[3])
    signal_seen = False
    for step in (1, 2, 3):
        assert set(values[step]) >= EVERY_STEP
        signal_seen |= set(values[step]) >= WITH_SIGNAL
        assert "kl" not in values[step]
    assert signal_seen
    names = {name for each in values.values() for name in each}
    assert {name for name in names if describe(name).group == "Other"} == set()

    metrics = found.of("metrics")
    assert [event.elapsed for event in metrics] == sorted(event.elapsed for event in metrics)
    # 16 prompts of 8 characters, and the completions
    first = values[1]
    assert first["num_tokens"] == 16 * 8 + 16 * first["completions/mean_length"]
    assert metrics[-1].tokens == values[3]["num_tokens"]


def test_the_log_tells_how_the_run_went(run: Runs) -> None:
    lines = [event.message for event in run({}).of("log")]
    for beginning in (
        "Model tiny: 428,928 parameters, 428,928 of them trained, vocabulary of 18 tokens, on cpu",
        "Data multiplication: 576,000 training problems, ",
        "Evaluation after step 0: pass@1 ",
        "Step 1/3: reward ",
        "Step 3/3: reward ",
        "Checkpoint of step 3 saved.",
    ):
        assert [line for line in lines if line.startswith(beginning)], (beginning, lines)


def test_rollout_groups_are_whole_and_consistent(run: Runs) -> None:
    found = run({"logging": {"rollout_steps": 2, "rollout_groups": 3}, "max_steps": 2})
    groups = [event.group for event in found.of("rollout")]
    assert [(group.step, group.index) for group in groups] == [
        (step, index) for step in (1, 2) for index in range(3)
    ]
    for group in groups:
        assert len(group.completions) == 4
        rewards = [each.reward for each in group.completions]
        assert group.has_signal == (len(set(rewards)) > 1)
        assert group.reward_mean == pytest.approx(sum(rewards) / 4)
        for each in group.completions:
            n = len(each.token_ids)
            assert len(each.tokens) == len(each.entropy) == len(each.weight) == n
            assert "".join(t for t in each.tokens if t not in ("<eos>", "<pad>")) == each.text
            assert each.truncated == (each.tokens[-1] != "<eos>")
            assert all(value <= 0 for value in each.logprob)
            assert each.correct == (each.rewards["four"] == 1.0)
            assert (each.advantage == 0) or group.has_signal
            if each.advantage >= 0:
                assert each.weight == [1.0] * n
            else:
                assert each.weight == sorted(each.weight, reverse=True)
                assert each.weight[-1] < 1.0


def test_provenance_says_what_ran(run: Runs, environment: Environment) -> None:
    found = run({"max_steps": 1, "evaluation": {"eval_on_start": False}})
    (event,) = found.of("provenance")
    values = event.values
    assert set(values) == {
        "ahora_version", "git_commit", "packages", "python", "model", "data", "prompt_template",
        "prompts", "seed", "num_threads", "device", "device_name", "host", "dtype",
    }  # fmt: skip
    folder = environment.cache / "roots" / "small"
    assert values["model"]["weights_sha256"] == Source(folder).weights_sha256()
    assert len(values["prompts"]) == 3
    assert values["num_threads"] == 1
    assert values["device"] == "cpu"
    assert values["packages"]["torch"] == torch.__version__
    assert "weights" not in values["data"]


def test_the_same_run_repeats_to_the_bit_and_another_seed_differs(run: Runs) -> None:
    one, same, other = (
        run({"seed": seed, "model": {"use_peft": True, "lora_dropout": 0.1}}, name)
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert steady(one) == steady(same)
    assert steady(one) != steady(other)
    left, right = weights(one, 3), weights(same, 3)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_evaluating_more_often_does_not_change_the_training(run: Runs) -> None:
    one = run({"evaluation": {"eval_on_start": False}}, "one")
    two = run({"evaluation": {"eval_steps": 1, "num_samples": 2}}, "two")
    left, right = weights(one, 3), weights(two, 3)
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_checkpoints_are_whole_limited_and_load_with_plain_transformers(
    run: Runs, environment: Environment
) -> None:
    found = run({"checkpoints": {"save_steps": 1, "save_total_limit": 2}})
    saved = found.of("checkpoint")
    assert [event.step for event in saved] == [1, 2, 3]
    assert [event.step for event in found.of("checkpoint_removed")] == [1]
    names = sorted(path.name for path in (found.out / "checkpoints").iterdir())
    assert names == ["step-000002", "step-000003"]
    last = saved[-1]
    assert last.kind == "model"
    assert set(last.metrics) >= {"eval/pass@1"}
    folder = found.out / last.path
    assert {file.path for file in last.files} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    for file in last.files:
        content = (folder / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert {path.suffix for path in folder.rglob("*.*")} == {".json", ".safetensors"}

    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompt = tokenizer("48271*6=", return_tensors="pt")
    assert model.generate(**prompt, max_new_tokens=5).shape == (1, 13)
    base = AutoModelForCausalLM.from_pretrained(environment.cache / "roots" / "small")
    changed = [
        not torch.equal(mine, theirs)
        for mine, theirs in zip(model.parameters(), base.parameters(), strict=True)
    ]
    assert all(changed)
    about = json.loads((folder / "ahora.json").read_text())
    assert (about["run_id"], about["step"]) == ("abc", 3)


def test_an_adapter_loads_with_plain_peft(run: Runs, environment: Environment) -> None:
    found = run({"model": {"use_peft": True}, "optimizer": {"learning_rate": 1e-2}})
    (event,) = found.of("checkpoint")
    assert event.kind == "adapter"
    folder = found.out / event.path
    assert not (folder / "model.safetensors").exists()
    base = AutoModelForCausalLM.from_pretrained(environment.cache / "roots" / "small")
    ids = torch.tensor([AutoTokenizer.from_pretrained(folder).encode("48271*6=")])
    with torch.no_grad():
        before = base(input_ids=ids).logits
        after = PeftModel.from_pretrained(base, folder)(input_ids=ids).logits
    assert not torch.allclose(before, after)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny"


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": {"name": "grpo", "beta": 0.1, "num_iterations": 2, "loss_type": "grpo"}},
        {
            "model": {"model_name_or_path": "local:small", "dtype": "bfloat16"},
            "algorithm": {"name": "ah_grpo", "discount": "linear", "loss_type": "dr_grpo"},
            "optimizer": {"per_device_train_batch_size": 3, "weight_decay": 0.1},
        },
        {
            "model": {"model_name_or_path": "local:small", "dtype": "bfloat16", "use_peft": True},
            "algorithm": {"name": "sa_ah_grpo", "beta": 0.1, "mask_truncated_completions": True},
            "rollout": {"top_p": 0.9, "top_k": 10, "min_p": 0.01, "temperature": 0.9},
        },
    ],
)
def test_other_ways_to_train(run: Runs, changes: dict[str, Any]) -> None:
    found = run({"max_steps": 2, **changes})
    assert status(found) == (RunStatus.COMPLETED, "")
    beta = changes["algorithm"].get("beta", 0.0)
    for step in (1, 2):
        assert ("kl" in found.values()[step]) == (beta > 0)
        assert found.values()[step]["skipped_updates"] == 0


def until(out: Path, process: subprocess.Popen[bytes], text: str) -> None:
    """Wait until the run has written an event that contains `text`."""
    file = out / "events.jsonl"
    deadline = time.monotonic() + 60
    while not (file.exists() and text in file.read_text()):
        assert process.poll() is None, "the run ended before it wrote what the test waits for"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stop_saves_the_last_finished_step(
    start: Start, read: Callable[[Path, int], Any]
) -> None:
    process, out = start({"max_steps": 100_000, "evaluation": {"eval_on_start": False}})
    until(out, process, '"step":3,')
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    found = read(out, process.returncode)
    assert found.returncode == 0
    assert status(found) == (RunStatus.STOPPED, "")
    (saved,) = found.of("checkpoint")
    assert saved.step == max(found.values())
    assert (out / saved.path / "model.safetensors").exists()


def test_a_stop_before_the_first_step_saves_nothing(
    start: Start, read: Callable[[Path, int], Any]
) -> None:
    process, out = start({"evaluation": {"num_examples": 20_000}})
    until(out, process, '"evaluating"')
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    found = read(out, process.returncode)
    assert status(found) == (RunStatus.STOPPED, "")
    assert found.of("checkpoint") == []


@pytest.mark.parametrize(
    ("changes", "error_type", "words"),
    [
        (
            {"model": {"model_name_or_path": "local:absent"}},
            "model_not_found",
            "no such folder; it has: small",
        ),
        (
            {
                "model": {"model_name_or_path": "local:small"},
                "data": {"kind": "jsonl", "path": "absent.jsonl"},
            },
            "dataset_not_found",
            "absent.jsonl",
        ),
        (
            {"rollout": {"max_completion_length": 500}},
            "config_invalid",
            "set it to at most 120",
        ),
        # make test-vllm runs with vLLM, in an environment of its own
        (
            {"rollout": {"engine": "vllm"}},
            "engine_not_installed",
            "make setup-vllm",
        ),
    ],
)
def test_what_cannot_run_fails_with_a_reason(
    run: Runs, changes: dict[str, Any], error_type: str, words: str
) -> None:
    found = run(changes)
    assert found.returncode == 1
    assert status(found) == (RunStatus.FAILED, error_type)
    assert words in found.events[-1].reason


def test_weights_that_are_not_numbers_fail_the_run_as_nan(
    run: Runs, environment: Environment, tmp_path: Path
) -> None:
    source = environment.cache / "roots" / "small"
    broken = environment.cache / "roots" / "broken"
    broken.mkdir(exist_ok=True)
    for path in source.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    tensors = load_file(broken / "model.safetensors")
    name = "model.layers.0.mlp.up_proj.weight"
    tensors[name] = torch.full_like(tensors[name], torch.nan)
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    found = run({"model": {"model_name_or_path": "local:broken"}})
    assert status(found) == (RunStatus.FAILED, "nan_loss")
    assert "not numbers" in found.events[-1].reason
