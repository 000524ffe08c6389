"""The command, run in this process against a real API."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ahora.cli.main import main
from ahora.client import Client
from tests.backend.support import FakeWorker
from tests.client.live import Server


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture(scope="module")  # what one file leaves in the queue is not another's
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def api(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def worker(server: Server) -> Iterator[FakeWorker]:
    made, http = server.worker()
    yield made
    http.close()


@pytest.fixture
def ahora(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Runs the command line `ahora ...` on the server's home."""
    for name in ("AHORA_URL", "AHORA_TOKEN", "AHORA_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AHORA_HOME", str(server.home))

    def run(*arguments: str) -> Result:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        out, err = capfd.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return run
