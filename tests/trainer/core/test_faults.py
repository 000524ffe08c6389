"""What goes wrong while a run trains: numbers, memory, disk, signals."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ahora.status import RunStatus
from tests.trainer.core.conftest import ROOT
from worker.trainer import stop as stops
from worker.trainer.network import Network
from worker.trainer.rollout import sample
from worker.trainer.score import score
from worker.trainer.scoring import Scorer

Runs = Callable[..., Any]
Start = Callable[..., tuple[subprocess.Popen[bytes], Path]]
Read = Callable[[Path, int], Any]

QUIET: dict[str, Any] = {
    "evaluation": {"eval_on_start": False},
    "logging": {"rollout_steps": 0},
    "checkpoints": {"save_steps": 1, "save_total_limit": None},
}


def warnings(found: Any) -> list[str]:
    return [event.message for event in found.of("log") if event.level == "warning"]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "the run ended before what the test waits for"
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def reward(tmp_path: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets runs use a Python reward; gives the configuration that does."""

    def allow(source: str) -> dict[str, Any]:
        (tmp_path / "odd_rewards.py").write_text(source)
        added = {
            "AHORA_REWARD_FUNCTIONS": "odd=odd_rewards:odd",
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        }
        variables.update(added)
        for name, value in added.items():
            monkeypatch.setenv(name, value)
        four = {"kind": "regex", "pattern": r"\d{4}", "name": "four"}
        odd = {"kind": "python", "function": "odd", "name": "odd"}
        return {"functions": [four, odd], "timeout": 600}

    return allow


# 16 completions a step; what is too large for float32 makes the loss infinite
TOO_LARGE = """
calls = 0

def odd(completion):
    global calls
    calls += 1
    return 1e200 * (calls % 2) if {first} <= (calls - 1) // 16 + 1 <= {last} else 0.0
"""


def test_three_steps_that_are_not_finite_end_the_run_and_the_sound_weights_stay(
    run: Runs, reward: Callable[[str], Any]
) -> None:
    rewards = reward(TOO_LARGE.format(first=3, last=99))
    changes = {**QUIET, "rewards": rewards, "algorithm": {"name": "grpo", "scale_rewards": "none"}}
    found = run({**changes, "max_steps": 20})
    assert found.status() == (RunStatus.FAILED, "nan_loss")
    assert "3 steps in a row" in found.events[-1].reason
    skipped = [found.values()[step]["skipped_updates"] for step in range(1, 6)]
    assert skipped == [0, 0, 1, 1, 1]
    assert len(warnings(found)) == 3
    assert max(found.values()) == 5
    # the steps that were left out changed nothing, and the last of them is not saved
    assert [event.step for event in found.of("checkpoint")] == [1, 2, 3, 4]
    sound, later = found.weights(2), found.weights(4)
    assert all(torch.equal(sound[name], later[name]) for name in sound)


def test_a_step_that_is_not_finite_is_left_out_and_the_run_goes_on(
    run: Runs, reward: Callable[[str], Any]
) -> None:
    rewards = reward(TOO_LARGE.format(first=2, last=3))
    changes = {**QUIET, "rewards": rewards, "algorithm": {"name": "grpo", "scale_rewards": "none"}}
    found = run({**changes, "max_steps": 4})
    assert found.status() == (RunStatus.COMPLETED, "")
    assert [found.values()[step]["skipped_updates"] for step in range(1, 5)] == [0, 1, 1, 0]
    assert all(bool(each.isfinite().all()) for each in found.weights(4).values())


class Memory:
    """A device that trains and samples so many completions at once; None is any number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trained: int | None = None
        self.sampled: int | None = None

        def scored(network: Network, prompts: Any, *rest: Any, **options: Any) -> Any:
            found = score(network, prompts, *rest, **options)  # draws its dropout first
            if torch.is_grad_enabled():
                self.need(len(prompts), self.trained)
            return found

        def drawn(network: Network, prompts: Any, *rest: Any, **options: Any) -> Any:
            self.need(len(prompts) * options["num_generations"], self.sampled)
            return sample(network, prompts, *rest, **options)

        monkeypatch.setattr("worker.trainer.scoring.score", scored)
        monkeypatch.setattr("worker.trainer.rollout.hf.sample", drawn)

    def need(self, rows: int, most: int | None) -> None:
        if most is not None and rows > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    return Memory(monkeypatch)


def test_smaller_micro_batches_when_memory_runs_out_give_what_they_would_have_given(
    run: Runs, memory: Memory
) -> None:
    model = {"model": {"use_peft": True, "lora_dropout": 0.2}}
    small = run(
        {**QUIET, **model, "optimizer": {"per_device_train_batch_size": 4}, "max_steps": 3}, "small"
    )
    memory.trained = 5
    found = run({**QUIET, **model, "max_steps": 2})
    assert found.status() == (RunStatus.COMPLETED, "")
    told = [line.split(" from here")[0] for line in warnings(found)]
    assert told == [f"memory is used up: {size} completions in a micro-batch" for size in (8, 4)]
    # also after an interruption
    memory.trained = None
    longer = run({**QUIET, **model, "max_steps": 3}, options=["--resume"])
    assert longer.steady() == {**small.steady(), 2: {**found.steady()[2]}}
    ours, theirs = longer.weights(3), small.weights(3)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_fewer_completions_are_sampled_at_once_when_memory_runs_out(
    run: Runs, memory: Memory
) -> None:
    memory.sampled = 8
    found = run({**QUIET, "max_steps": 2})
    assert found.status() == (RunStatus.COMPLETED, "")
    assert len(warnings(found)) == 1
    assert "8 completions sampled at once from here on, not 16" in warnings(found)[0]
    again = run({**QUIET, "max_steps": 2}, "again")
    assert again.steady() == found.steady()


def test_without_memory_for_one_the_run_fails_with_advice(run: Runs, memory: Memory) -> None:
    memory.trained = 0
    found = run({**QUIET, "max_steps": 2})
    assert found.status() == (RunStatus.FAILED, "out_of_memory")
    assert "model.gradient_checkpointing" in found.events[-1].reason
    assert len(warnings(found)) == 4


def limit_files(process: subprocess.Popen[bytes], size: int) -> None:
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_full_disk_costs_checkpoints_and_not_the_run(start: Start, read: Read) -> None:
    process, out = start({**QUIET, "max_steps": 4})
    limit_files(process, 500_000)  # the model has 1.7 MB
    events = out / "events.jsonl"
    wait_for(lambda: events.exists() and "could not be saved" in events.read_text(), process)
    limit_files(process, resource.RLIM_INFINITY)
    process.communicate(timeout=120)
    found = read(out, process.returncode)
    assert found.status() == (RunStatus.COMPLETED, "")
    assert "The checkpoint of step 1 could not be saved: " in warnings(found)[0]
    assert sorted(found.values()) == [1, 2, 3, 4]
    saved = found.of("checkpoint")
    assert saved[-1].step == 4
    left = {path.name for path in (out / "checkpoints").iterdir()}
    assert left == {f"step-{event.step:06d}" for event in saved}


def test_a_stop_while_the_end_cannot_be_saved_says_so(start: Start, read: Read) -> None:
    process, out = start({**QUIET, "max_steps": 1})
    limit_files(process, 500_000)
    events = out / "events.jsonl"
    wait_for(lambda: events.exists() and "could not be saved" in events.read_text(), process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    found = read(out, process.returncode)
    assert found.status() == (RunStatus.STOPPED, "")
    assert "The checkpoint of step 1 could not be saved" in found.events[-1].reason
    assert found.of("checkpoint") == []
    assert list((out / "checkpoints").iterdir()) == []


def test_events_wait_for_room_on_a_full_disk_and_stay_whole(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    script = f"""
from pathlib import Path
from worker.trainer.journal import Journal
from worker.trainer.stop import Stop
with Journal(Path({str(file)!r}), Stop()) as journal:
    input()
    for number in range(100):
        journal.log("info", f"line {{number}}")
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE
    ) as process:
        limit_files(process, 4096)
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
        wait_for(lambda: file.exists() and file.stat().st_size == 4096, process)
        limit_files(process, resource.RLIM_INFINITY)
        assert process.wait(timeout=60) == 0
    lines = [json.loads(line)["message"] for line in file.read_text().splitlines()]
    assert lines == [f"line {number}" for number in range(100)]


@pytest.mark.parametrize(
    ("place", "number"),
    [
        # about 14 files and folders are forced to disk a checkpoint, the name's folder last
        ("fsync", 20),
        ("fsync", 60),
        ("check", 200),
    ],
)
def test_killed_at_any_instant_it_goes_on_from_the_newest_whole_checkpoint(
    run: Runs,
    job: Callable[..., list[str]],
    variables: dict[str, str],
    place: str,
    number: int,
) -> None:
    changes = {**QUIET, "max_steps": 5}
    whole = run(changes, "whole")
    arguments = job(changes, "killed")
    command = [sys.executable, "-m", "tests.trainer.core.killed", place, str(number), *arguments]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False)
    assert ended.returncode == -signal.SIGKILL
    found = run(changes, "killed", options=["--resume"])
    assert found.status() == (RunStatus.COMPLETED, "")
    (event,) = found.of("resumed")
    assert 1 <= event.step <= 4
    assert found.steady() == whole.steady()
    ours, theirs = found.weights(5), whole.weights(5)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert not list((found.out / "checkpoints").glob(".*"))


@pytest.fixture
def signalled(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sends the trainer SIGTERM at the n-th micro-batch it scores."""

    def at(number: int) -> None:
        score, left = Scorer.score, number

        def counted(scorer: Scorer, *arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                signal.raise_signal(signal.SIGTERM)
            return score(scorer, *arguments, **options)

        monkeypatch.setattr(Scorer, "score", counted)

    return at


TWO_UPDATES: dict[str, Any] = {
    **QUIET,
    "algorithm": {"name": "grpo", "beta": 0.1, "num_iterations": 2},
    "checkpoints": {"save_steps": 0},
    "max_steps": 3,
}
# a step scores one micro-batch for the reference and one for each update


def test_a_stop_before_the_policy_changed_abandons_the_step(
    run: Runs, signalled: Callable[[int], None]
) -> None:
    whole = run(TWO_UPDATES, "whole")
    signalled(3 + 1)
    found = run({**TWO_UPDATES, "optimizer": {"per_device_train_batch_size": 64}})
    assert found.status() == (RunStatus.STOPPED, "")
    assert [event.step for event in found.of("checkpoint")] == [1]
    assert run(TWO_UPDATES, options=["--resume"]).steady() == whole.steady()


def test_a_stop_after_the_policy_changed_finishes_the_step(
    run: Runs, signalled: Callable[[int], None]
) -> None:
    signalled(3 + 3)
    found = run(TWO_UPDATES)
    assert found.status() == (RunStatus.STOPPED, "")
    assert [event.step for event in found.of("checkpoint")] == [2]


def test_a_step_that_takes_too_long_to_finish_is_given_up(
    run: Runs, signalled: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stops, "FINISH_SECONDS", -1.0)
    whole = run({**TWO_UPDATES, "checkpoints": {"save_steps": 1}}, "whole")
    # several micro-batches an update, so that there is a place to give up at
    signalled(3 * 8 + 17)
    changes = {
        **TWO_UPDATES,
        "checkpoints": {"save_steps": 1},
        "optimizer": {"per_device_train_batch_size": 2},
    }
    found = run(changes)
    assert found.status() == (RunStatus.STOPPED, "")
    assert "that of step 1" in found.events[-1].reason
    assert [event.step for event in found.of("checkpoint")] == [1]
    again = run(changes, options=["--resume"])
    assert again.status() == (RunStatus.COMPLETED, "")
    assert sorted(again.steady()) == sorted(whole.steady())


def test_a_stop_interrupts_the_set_up(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        time.sleep(200)

    monkeypatch.setattr("worker.trainer.loop.load_data", slow)
    found = run({})
    assert found.status() == (RunStatus.STOPPED, "")


HANGS = """
import pathlib, time

def odd(completion):
    pathlib.Path(__file__).with_name("started").touch()
    time.sleep(500)
"""


def test_a_stop_does_not_wait_for_a_reward_that_hangs(
    start: Start, read: Read, reward: Callable[[str], Any], tmp_path: Path
) -> None:
    process, out = start({**QUIET, "rewards": reward(HANGS)})
    wait_for((tmp_path / "started").exists, process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert read(out, process.returncode).status() == (RunStatus.STOPPED, "")
