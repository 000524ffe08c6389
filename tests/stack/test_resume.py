"""The real trainer in the real stack, killed and paused: it goes on as if nothing had happened."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from ahora.client import Client
from ahora.client.errors import ConflictError
from tests.chaos.real import build_model, compared, reference
from tests.chaos.story import REAL_CONFIG
from tests.stack.conftest import Sandbox, wait_for

pytestmark = pytest.mark.stack


class Trains(Sandbox):
    """A sandbox whose trainers find a small model."""

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, "AHORA_MODEL_ROOT": str(self.cache / "roots")}

    def one(self, module: str) -> psutil.Process:
        """The process of the stack that runs `module`."""
        for process in self.processes():
            words = process.cmdline()
            # the stack starts Python with -P, and so it is none of the undisturbed run's
            if module in words and "-P" in words and "worker.launcher" not in words:
                return process
        raise AssertionError(f"no process runs {module}")

    def kill(self, module: str) -> None:
        os.kill(self.one(module).pid, signal.SIGKILL)


@pytest.fixture
def place(sandbox: Sandbox) -> Iterator[Trains]:
    made = Trains(sandbox.root)
    made.cache.mkdir()
    build_model(made.cache)
    made.up()
    yield made
    assert made.run("down").returncode == 0
    assert made.is_quiet()


def metrics(api: Client, run_id: str) -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {}
    for series in api.metrics([run_id], max_points=10_000):
        for step, value in zip(series.steps, series.values, strict=True):
            found.setdefault(step, {})[series.key] = float("nan") if value is None else value
    return found


def test_a_run_that_is_killed_and_paused_ends_as_one_that_nothing_disturbed(place: Trains) -> None:
    with ThreadPoolExecutor(1) as beside, place.client() as api:
        undisturbed = beside.submit(reference, place.cache)
        run_id = api.launch(REAL_CONFIG, name="disturbed").id

        def after(step: int, what: Callable[[], object]) -> None:
            def saved() -> bool:
                return any(each.step >= step for each in api.checkpoints(run_id))

            wait_for(saved, f"a checkpoint of step {step}", 120)
            what()

        after(4, lambda: place.kill("worker.trainer"))
        wait_for(lambda: len(api.get(run_id).attempts) == 2, "it is tried again")
        after(8, lambda: place.kill("worker"))
        wait_for(lambda: api.get(run_id).status == "queued", "the worker has given it back")
        api.retry(run_id)  # or it would wait
        after(12, lambda: api.pause(run_id, "lunch"))
        wait_for(lambda: api.get(run_id).status == "paused", "it is paused")
        with pytest.raises(AssertionError):
            place.one("worker.trainer")
        with pytest.raises(ConflictError, match="is paused: it cannot be tried again now"):
            api.retry(run_id)
        api.resume(run_id)
        run = api.wait(run_id, timeout=240)

        assert run.status == "completed", run.status_reason
        first, second, third, fourth = run.attempts
        assert [each.status for each in run.attempts[2:]] == ["paused", "completed"]
        assert (first.error_type, second.error_type) == ("signal", "worker_lost")
        assert "SIGKILL" in first.reason
        assert (first.start_step, second.start_step >= 4, third.start_step >= 8) == (0, True, True)
        assert fourth.start_step >= 12
        steps = [each.step for each in api.checkpoints(run_id)]
        assert steps == sorted(steps, reverse=True)
        assert list(compared(metrics(api, run_id), undisturbed.result())) == []

        child = api.launch_from(api.checkpoints(run_id)[0].id, overrides={"max_steps": 1})
        ended = api.wait(child.id, timeout=240)
        assert ended.status == "completed", ended.status_reason
        before, begins = metrics(api, run_id)[30]["eval/pass@1"], metrics(api, child.id)[0]
        assert begins["eval/pass@1"] == before, "it begins with those weights"
