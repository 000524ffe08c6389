"""The demo, on a worker that reports what a test wants; and how progress is shown."""

import threading
from typing import Any

import pytest
from rich.console import Console

from ahora.cli import follow
from ahora.cli.exits import Exit
from tests.backend.support import FakeWorker
from tests.cli.conftest import Run
from tests.client.examples import summary
from tests.client.live import metrics_event, status_event


def train(worker: FakeWorker, endings: list[str]) -> threading.Thread:
    """Claims a run for each ending as it is launched, and reports it to that end."""

    def work() -> None:
        for ending in endings:
            job: dict[str, Any] | None = None
            while job is None:
                job = worker.claim().json()["job"]
            steps = [
                metrics_event(step, **{"eval/pass@1": 0.5, "horizon/effective_fraction": 0.6})
                for step in range(0, 101, 10)
            ]
            worker.events(job, 1, status_event("running"), *steps)
            worker.events(job, 13, status_event(ending, "" if ending == "completed" else "Why."))

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_the_demo_compares_two_runs(ahora: Run, worker: FakeWorker) -> None:
    thread = train(worker, ["completed", "completed"])
    result = ahora("demo")
    thread.join()
    assert result.code == Exit.OK
    for words in ("GRPO", "before", "variance", "completed", "One seed each"):
        assert words in result.out
    assert result.out.count("/compare?runs=") == 2


def test_the_demo_fails_when_a_run_does(ahora: Run, worker: FakeWorker) -> None:
    thread = train(worker, ["completed", "failed"])
    result = ahora("demo")
    thread.join()
    assert result.code == Exit.FAILED
    assert "failed: Why." in result.out


def test_a_terminal_gets_a_bar_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(force_terminal=True, width=120, record=True, force_interactive=True)
    monkeypatch.setattr(follow, "console", lambda: console)
    queued = summary(status="queued", step=0, max_steps=10, phase="", name="first [run]")
    with follow.BarsView([queued]) as view:
        view.show(queued)
        view.show(queued.model_copy(update={"status": "starting", "phase": "pretraining",
                                            "phase_message": "pre-training tiny 40/500"}))  # fmt: skip
        view.show(queued.model_copy(update={"status": "running", "phase": "training", "step": 4,
                                            "last_reward": 0.25, "eta_seconds": 75.0}))  # fmt: skip
        view.points(queued.id, 5, 0.5)
    shown = console.export_text()
    for words in ("first [run]", "5/10", "reward 0.5", "1:15 left"):
        assert words in shown


def test_a_log_gets_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = summary(status="queued", step=0, max_steps=10, phase="", name="first")
    training = waiting.model_copy(update={"status": "running", "phase": "training"})
    with follow.LinesView([waiting]) as view:
        for run in (
            waiting,
            waiting,
            waiting.model_copy(update={"status": "starting", "phase": "setup"}),
            training,
        ):
            view.show(run)
        for step in range(1, 11):
            view.points(waiting.id, step, step / 10)
            view.show(training.model_copy(update={"step": step, "phase": "evaluating"}))
        view.show(training.model_copy(update={"status": "failed", "status_reason": "Why."}))
    lines = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == ["waits for a worker", "setting up", "training"]
    assert lines[3:-1] == [f"step {step}/10  reward {step / 10:g}" for step in range(1, 11)]
    assert lines[-1] == "failed: Why."
