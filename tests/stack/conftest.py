"""A home of one's own, and the means to see every process of its stack."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ahora.client import Client
from ahora.home import Home
from ahora.stack.state import StackState
from tests.client.live import free_port

AHORA = Path(sys.executable).with_name("ahora")


def wait_for(condition: Callable[[], object], what: str, timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"timed out: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Sandbox:
    """A home, and the command run in it."""

    root: Path

    @property
    def environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AHORA_")}
        return {
            **kept,
            "AHORA_HOME": str(self.root),
            "AHORA_CACHE": str(self.root / "cache"),
            "OMP_NUM_THREADS": "1",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [AHORA, *arguments],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [AHORA, *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def up(self) -> StackState:
        result = self.run("up", "--detach", "--port", str(free_port()), "--slots", "1")
        assert result.returncode == 0, result.stderr + self.log()
        return self.state()

    def state(self) -> StackState:
        state = StackState.read(Home(self.root))
        assert state is not None
        return state

    def client(self) -> Client:
        return Client(home=self.root)

    def processes(self) -> list[psutil.Process]:
        """Every process whose environment or command line names this home."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                words = [*process.cmdline(), *process.environ().values()]
                alive = process.status() != psutil.STATUS_ZOMBIE
                if alive and any(str(self.root) in word for word in words):
                    found.append(process)
        return found

    def is_quiet(self) -> bool:
        return self.processes() == []

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted((self.root / "logs").glob("*.log")))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(Path(tempfile.mkdtemp(prefix="ahora-test-")))
    yield made
    for process in made.processes():
        with suppress(psutil.Error):
            process.kill()
    shutil.rmtree(made.root)
