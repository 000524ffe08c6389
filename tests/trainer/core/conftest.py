"""A very small `tiny`, built once a session, and runs of the real trainer on it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ahora.config import ModelConfig
from ahora.events import EVENT, Event
from ahora.status import RunStatus
from tests.trainer.core.bench import Bench
from worker.trainer.__main__ import main
from worker.trainer.environment import Environment
from worker.trainer.models import Policy, load_policy
from worker.trainer.models.tiny import Recipe, tiny_folder
from worker.trainer.network import Network

ROOT = Path(__file__).parents[3]
RECIPE = Recipe(steps=60, batch_size=16)
"""A few seconds; knows the shape of a solution, not how to multiply."""


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A cache in which `local:small` is a hastily pre-trained tiny model."""
    root = tmp_path_factory.mktemp("trainer")
    built = tiny_folder(root, 0, lambda *_: None, RECIPE)
    models = root / "roots"
    shutil.copytree(built, models / "small")
    # where the trainer looks for `tiny`, so that no test waits a minute for the real one
    (root / "models" / f"{Recipe().name}-seed0").symlink_to(built)
    return Environment(cache=root, model_root=models.resolve())


@pytest.fixture
def policy(environment: Environment) -> Policy:
    torch.manual_seed(0)
    return load_policy(ModelConfig(), torch.device("cpu"), environment, lambda *_: None)


@pytest.fixture
def network(policy: Policy) -> Network:
    policy.model.eval()
    return Network(policy.model, autocast=False)


@pytest.fixture
def bench(environment: Environment) -> Bench:
    return Bench(environment)


TIMES = ("step_time", "timing/")


class Run:
    """What a run of the trainer left behind."""

    def __init__(self, out: Path, returncode: int) -> None:
        self.out = out
        self.returncode = returncode
        lines = (out / "events.jsonl").read_text().splitlines()
        self.events: list[Event] = [EVENT.validate_json(line) for line in lines]

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]

    def values(self) -> dict[int, dict[str, float]]:
        """All metrics by step that no resume has superseded."""
        found: dict[int, dict[str, float]] = {}
        for event in self.events:
            if event.type == "resumed":
                found = {step: values for step, values in found.items() if step <= event.step}
            elif event.type == "metrics":
                found.setdefault(event.step, {}).update(event.values)
        return found

    def steady(self) -> dict[int, dict[str, float]]:
        """All metrics but those that measure time."""
        return {
            step: {name: value for name, value in values.items() if not name.startswith(TIMES)}
            for step, values in self.values().items()
        }

    def weights(self, step: int) -> dict[str, torch.Tensor]:
        """Of a checkpoint."""
        (file,) = (self.out / f"checkpoints/step-{step:06d}").glob("*.safetensors")
        return load_file(file)

    def status(self) -> tuple[RunStatus, str]:
        """The last event's status and error type."""
        last = self.events[-1]
        assert last.type == "status"
        return last.status, last.error_type


SMALL: dict[str, Any] = {
    "rollout": {
        "num_generations": 4,
        "generation_batch_size": 16,
        "max_completion_length": 60,
    },
    # an easy score, so that a barely trained model gets both rewards
    "rewards": {"functions": [{"kind": "regex", "pattern": r"\d{4}", "name": "four"}]},
    "evaluation": {"num_examples": 8, "eval_steps": 0, "batch_size": 8},
    "checkpoints": {"save_steps": 0},
    "resources": {"num_threads": 1},
    "max_steps": 3,
}


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if both else value
    return result


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes a run file of `SMALL` with changes; gives the arguments of the trainer."""

    def write(changes: dict[str, Any] | None = None, name: str = "out", **fields: Any) -> list[str]:
        file = tmp_path / f"{name}.json"
        config = merged(SMALL, changes or {})
        file.write_text(json.dumps({"config": config, "run_id": "abc", **fields}))
        return [str(file), str(tmp_path / name)]

    return write


@pytest.fixture
def variables(environment: Environment, tmp_path: Path) -> dict[str, str]:
    """The environment a worker gives its trainer."""
    return {
        "AHORA_CACHE": str(environment.cache),
        "AHORA_MODEL_ROOT": str(environment.model_root),
        "AHORA_DATA_ROOT": str(tmp_path),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def run(
    job: Callable[..., list[str]], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Run]]:
    """Runs the trainer to its end, in this process (another takes seconds to import torch)."""
    handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def to_the_end(
        changes: dict[str, Any] | None = None,
        name: str = "out",
        *,
        options: Sequence[str] = (),
        **fields: Any,
    ) -> Run:
        arguments = job(changes, name, **fields)
        return Run(Path(arguments[1]), main([*arguments, *options]))

    yield to_the_end
    for each, handler in handlers.items():
        signal.signal(each, handler)


@pytest.fixture
def start(
    job: Callable[..., list[str]], variables: dict[str, str]
) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], Path]]]:
    """Starts `python -m worker.trainer`; gives the process and its folder."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(changes: dict[str, Any] | None = None) -> tuple[subprocess.Popen[bytes], Path]:
        arguments = job(changes)
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.trainer", *arguments],
            cwd=ROOT,
            env={**os.environ, **variables},
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process, Path(arguments[1])

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def read() -> Callable[[Path, int], Run]:
    """Reads what a process left behind."""
    return Run
