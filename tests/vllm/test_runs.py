"""Whole runs of `python -m worker.trainer` that sample with vLLM."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from ahora.config import ExportSpec, job_config
from ahora.status import RunStatus
from tests.trainer.core.conftest import ROOT, Run, merged
from tests.vllm import greedy
from worker.trainer.__main__ import main

pytestmark = pytest.mark.vllm

Start = Callable[..., tuple[subprocess.Popen[bytes], Path]]
Call = Callable[..., bytes]
VLLM: dict[str, Any] = {"rollout": {"engine": "vllm"}}
SMOLLM2: dict[str, Any] = {
    "model": {"model_name_or_path": "smollm2-135m", "use_peft": True, "dtype": "bfloat16"},
    "data": {"kind": "arithmetic"},
    "rewards": {"functions": [{"kind": "exact_number"}, {"kind": "regex", "pattern": "[0-4]"}]},
    "rollout": {"engine": "vllm", "generation_batch_size": 8, "max_completion_length": 16},
    "evaluation": {"num_examples": 4},
    "optimizer": {"learning_rate": 1e-2, "warmup_steps": 0},
    "max_steps": 2,
}


@pytest.fixture
def call(variables: dict[str, str]) -> Call:
    """Runs Python in a process of its own; gives what it printed."""

    def run(*arguments: object) -> bytes:
        found = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **variables},
            capture_output=True,
            timeout=280,
            check=False,
        )
        assert found.returncode == 0, found.stderr.decode()[-4000:]
        return found.stdout

    return run


@pytest.fixture
def finish(job: Callable[..., list[str]], call: Call) -> Callable[..., Run]:
    """Runs the trainer to its end, in a process of its own."""

    def to_the_end(changes: dict[str, Any], name: str = "out") -> Run:
        arguments = job(changes, name)
        call("-m", "worker.trainer", *arguments)
        return Run(Path(arguments[1]), 0)

    return to_the_end


def test_tiny_trains_as_with_hf_and_repeats_to_the_bit(
    finish: Callable[..., Run], run: Callable[..., Run]
) -> None:
    changes: dict[str, Any] = {
        "rollout": {"generation_batch_size": 128},
        "evaluation": {"num_examples": 64, "batch_size": 64},
        "max_steps": 4,
    }
    vllm = finish(merged(changes, VLLM), "vllm").values()
    hf = run(changes, "hf").values()
    # greedy answers of the same weights are the same
    assert vllm[0] == hf[0]
    steps = range(1, 5)
    for step in steps:
        ours = {name for name in vllm[step] if name.startswith("sampling/")}
        assert len(ours) == 5
        assert not any(name.startswith("sampling/") for name in hf[step])
        assert vllm[step]["sampling/sampling_logp_difference/max"] < 1e-4
        assert vllm[step]["sampling/importance_sampling_ratio/mean"] == pytest.approx(1, abs=1e-5)
    # other draws of nearly the same policies: 4 x 128 rollouts with rewards of 0 and 1
    for name, deviation in (("reward", 0.5), ("entropy", 0.3)):
        one, other = (sum(each[step][name] for step in steps) / 4 for each in (vllm, hf))
        assert abs(one - other) < 4 * deviation * (2 / 512) ** 0.5, name

    # what is sampled beside the training, here in evaluations, changes nothing of it
    evaluated = {"evaluation": {"eval_on_start": False, "eval_steps": 1}}
    again = finish(merged(merged(changes, VLLM), evaluated), "again").values()
    for step in steps:
        for name, value in vllm[step].items():
            if not name.startswith(("step_time", "timing/")):
                assert again[step][name] == value, (step, name)


def test_smollm2_trains_and_its_export_loads_in_vllm(
    finish: Callable[..., Run],
    call: Call,
    tmp_path: Path,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    trained = finish(SMOLLM2)
    for step in (1, 2):
        values = trained.values()[step]
        # the adapter moves a lot, and vLLM with it
        assert values["sampling/sampling_logp_difference/mean"] < 0.1
        assert 0 < values["sampling/importance_sampling_ratio/min"] <= 1
        assert 1 <= values["sampling/importance_sampling_ratio/max"] <= 3
        assert values["entropy"] > 0
    saved = trained.out / trained.of("checkpoint")[-1].path
    adapter = load_file(saved / "adapter_model.safetensors")
    assert any(bool(tensor.any()) for name, tensor in adapter.items() if "lora_B" in name)

    about = json.loads((saved / "ahora.json").read_text())
    spec = ExportSpec(what="merged", dtype="float32")
    order = {
        "config": job_config(about["config"], spec).resolved(),
        "job": {"spec": spec.model_dump(mode="json")},
        "checkpoint": str(saved),
    }
    file = tmp_path / "export.json"
    file.write_text(json.dumps(order))
    assert main([str(file), str(tmp_path / "exported")]) == 0
    script, folder = Path(greedy.__file__), tmp_path / "exported" / "export"
    found = json.loads(call(script, "vllm", folder).splitlines()[-1])
    assert len(found) == greedy.LENGTH
    assert found == greedy.with_transformers(str(folder))


def test_a_stop_saves_the_last_finished_step(
    start: Start, read: Callable[[Path, int], Run]
) -> None:
    changes = merged(VLLM, {"max_steps": 100_000, "evaluation": {"eval_on_start": False}})
    process, out = start(changes)
    file = out / "events.jsonl"
    deadline = time.monotonic() + 200
    while not (file.exists() and '"step":3,' in file.read_text()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    found = read(out, process.returncode)
    assert found.returncode == 0
    last = found.events[-1]
    assert last.type == "status"
    assert last.status == RunStatus.STOPPED
    assert found.of("checkpoint")[-1].step == max(found.values())


def test_runs_with_hf_do_not_load_vllm(call: Call) -> None:
    modules = "worker.trainer.loop, worker.trainer.rollout.vllm"
    call("-c", f"import sys, {modules}; sys.exit('vllm' in sys.modules)")
