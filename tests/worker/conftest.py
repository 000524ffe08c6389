"""Supervisors with scripted trainers, against a small API that can fail."""

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ahora.schemas.workers import Device, Job
from tests.worker.contract import TOKEN, FakeApi, StoredAttempt, job, until
from tests.worker.scripts import PREAMBLE
from tests.worker.site import RedisServer
from worker.api import WorkerApi
from worker.devices import Slot
from worker.settings import WorkerSettings
from worker.store import ArtifactStore
from worker.supervisor import Shutdown, Supervisor, Workplace


class Bench:
    """A place to run scripted trainers in."""

    def __init__(self, folder: Path, api: FakeApi) -> None:
        self.folder = folder
        self.api = api
        self.settings = WorkerSettings(
            home=folder / "home",
            url=api.url,
            token=TOKEN,
            worker_name="bench",
            stop_grace=10,
            system_seconds=0,
            trainer_command=[sys.executable, str(folder / "trainer.py")],
        )
        self.shutdown = Shutdown()
        self.store = ArtifactStore(str(folder / "store"))
        self.http = WorkerApi(api.url, TOKEN)
        self.slot = Slot(
            0,
            "cpu",
            Device(kind="cpu", index=0, name="CPU", memory_gb=8),
            cuda_visible="",
            threads=1,
        )
        self._threads: list[threading.Thread] = []

    def trainer(self, body: str) -> None:
        """What the trainer does."""
        (self.folder / "trainer.py").write_text(PREAMBLE + body)

    @property
    def place(self) -> Workplace:
        return Workplace(self.http, self.store, self.settings, 0.1, self.shutdown)

    def start(self, body: str, which: Job | None = None) -> StoredAttempt:
        """Supervise a trainer in a thread."""
        self.trainer(body)
        which = which or job()
        stored = self.api.add(which)
        thread = threading.Thread(target=Supervisor(self.place, which, self.slot).run)
        thread.start()
        self._threads.append(thread)
        return stored

    def join(self, seconds: float = 30) -> None:
        """Wait until all supervisors have returned."""
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a supervisor does not end"

    def run(self, body: str, which: Job | None = None) -> StoredAttempt:
        """Supervise a trainer to its end."""
        stored = self.start(body, which)
        self.join()
        return stored

    def noted(self, name: str) -> str:
        """What the trainer noted under `name`, waiting for it."""
        path = self.folder / name
        until(path.exists, f"the trainer's note {name!r}")
        return path.read_text()

    def spool(self, which: Job | None = None) -> Path:
        assert self.settings.spool is not None
        return self.settings.spool / (which or job()).attempt_id

    def close(self) -> None:
        self.shutdown.hurry = True
        self.shutdown.event.set()
        self.join()
        self.http.close()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's shell takes part."""
    for name in [name for name in os.environ if name.startswith("AHORA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    server = FakeApi()
    yield server
    server.close()


@pytest.fixture
def bench(tmp_path: Path, api: FakeApi) -> Iterator[Bench]:
    made = Bench(tmp_path, api)
    yield made
    made.close()
    assert api.problems == []


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="ahora-redis-"))  # a socket's path must be short
    server = RedisServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether a process has ended (a zombie has)."""

    def check(pid: int) -> bool:
        try:
            return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return True

    return check


@pytest.fixture
def kill_at_end() -> Iterator[list[int]]:
    """Process ids that must not outlive a test, even one that fails."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
