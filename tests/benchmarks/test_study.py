"""The study's page follows from its runs. The runs are written by hand: training 48 takes minutes."""

import json
import math
from pathlib import Path

import pytest

from ahora.events import MetricsEvent, ProvenanceEvent, StatusEvent
from ahora.status import RunStatus
from benchmarks.study.plan import Trial, trials
from benchmarks.study.report import write
from benchmarks.study.runs import read, run_all

SEEDS, STEPS = 6, 20


def reward(trial: Trial, step: int) -> float:
    """Swings around 0.5; those of SA-AH-GRPO at the high rate are half as wide."""
    narrow = trial.arm == "SA-AH-GRPO" and trial.rate > 1e-4
    swing = (0.05 if narrow else 0.1) * (1 + 0.01 * math.sin(trial.seed + len(trial.arm)))
    return 0.5 + swing * (-1) ** step


def finish(trial: Trial, out: Path, failed: bool = False) -> Path:
    """Write down `trial` as the trainer leaves it."""
    folder = out / trial.folder
    folder.mkdir(parents=True)
    job = {"config": trial.config().resolved(), "run_name": trial.folder}
    (folder / "run.json").write_text(json.dumps(job))
    events = [
        ProvenanceEvent(
            values={
                "ahora_version": "1.2.3",
                "git_commit": "abcdef0123456789",
                "packages": {"torch": "9.9"},
                "device_name": "a machine",
                "model": {"parameters": 430_000},
            }
        ),
        MetricsEvent(step=0, elapsed=0.0, tokens=0, values={"eval/pass@1": 0.5}),
    ]
    for step in range(1, STEPS + 1):
        values = {
            "reward": reward(trial, step),
            "reward_sampling_variance": 0.001,
            "entropy": 0.1,
            "horizon/effective_fraction": 0.5,
            "horizon/effective_length": 25.0,
        }
        if step % 10 == 0:
            # two seeds in three end higher than the others
            values["eval/pass@1"] = 0.8 + 0.01 * (trial.seed % 3 > 0)
        events.append(MetricsEvent(step=step, elapsed=1.0 * step, tokens=step, values=values))
    events.append(
        StatusEvent(status=RunStatus.FAILED, error_type="nan_loss", reason="not finite")
        if failed
        else StatusEvent(status=RunStatus.COMPLETED)
    )
    lines = "".join(event.model_dump_json() + "\n" for event in events)
    (folder / "events.jsonl").write_text(lines)
    return folder


def test_the_page_says_what_the_runs_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = trials(SEEDS, STEPS)
    assert len(chosen) == 3 * 2 * SEEDS
    for number, trial in enumerate(chosen):
        finish(trial, tmp_path / "runs", failed=number == 0)
    page = write(run_all(chosen, tmp_path / "runs", 2), tmp_path / "docs").read_text()
    assert "lr-0.0001/grpo/seed-0: Pass@1 0.800 (nan_loss)" in capsys.readouterr().out

    stable, shaky = page.split("## Learning rate ")[1:]
    assert "GRPO begins at 0.500, peaks at 0.807 on average over seeds and ends at 0.807" in stable
    assert "| Effective horizon (tokens) | 25.0 [25.0, 25.0] |" in stable
    assert "no numbers any more: 1 GRPO;" in stable
    assert "SA-AH-GRPO does not differ from GRPO in training variance" in stable
    assert "the paper's 3.6 lies outside the interval" in stable
    assert "AH-GRPO ends +0.000 [+0.000, +0.000] Pass@1 from GRPO, which 6 seeds cannot" in stable
    # half the swing is a quarter of the variance; 2 / 2^6 is the smallest p
    assert "SA-AH-GRPO varies less than GRPO in training: GRPO / SA-AH-GRPO 4.0" in shaky
    assert "(p 0.031)" in shaky
    assert "never below 0.031" in page
    assert "Ahora 1.2.3 (abcdef012345), torch 9.9" in page
    for image in ("study-curves.png", "study-variance.png"):
        assert f"](images/{image})" in page
        assert (tmp_path / "docs" / "images" / image).read_bytes().startswith(b"\x89PNG")


def test_only_finished_runs_of_the_same_configuration_are_kept(tmp_path: Path) -> None:
    trial = Trial(rate=1e-4, arm="AH-GRPO", seed=0, steps=STEPS)
    assert read(trial, tmp_path / trial.folder) is None
    folder = finish(trial, tmp_path)
    assert read(trial, folder) is not None
    assert read(Trial(rate=1e-4, arm="AH-GRPO", seed=0, steps=STEPS + 1), folder) is None
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    (folder / "events.jsonl").write_text("".join(lines[:-1]))
    assert read(trial, folder) is None
