"""A real API process on a free port, and a worker that reports what a test wants."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from ahora.client import Client
from ahora.home import Home
from ahora.stack.state import ProcessRecord, StackState
from tests.backend.support import FakeWorker


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python -m backend serve` on a home of its own, which clients find by the home."""

    def __init__(self, root: Path) -> None:
        self.home = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-P", "-m", "backend", "serve", "--embedded"]
        environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith("AHORA_")},
            "AHORA_HOME": str(self.home),
            "AHORA_REDIS_URL": "",
        }
        with (self.home / "api.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], env=environ, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, (self.home / "api.log").read_text()
            assert time.monotonic() < deadline, "the API did not become ready"
            time.sleep(0.05)
        record = ProcessRecord.of(self._process.pid)
        StackState(record, self.url, "test", ready=True).write(Home(self.home))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None

    def client(self, **options: Any) -> Client:
        return Client(home=self.home, **options)

    def worker(self) -> tuple[FakeWorker, httpx.Client]:
        token = (self.home / "secrets" / "worker.token").read_text().strip()
        http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        return FakeWorker(http).register(), http  # type: ignore[arg-type]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def metrics_event(step: int, **values: float) -> dict[str, Any]:
    return {
        "type": "metrics",
        "step": step,
        "elapsed": float(step),
        "tokens": 10 * step,
        "values": {"reward": step / 10, **values},
    }


def status_event(status: str, reason: str = "") -> dict[str, Any]:
    return {"type": "status", "status": status, "reason": reason}
