"""API processes, as operators start them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

SECONDS_TO_START = 60.0
SECONDS_TO_END = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`python -m backend serve` at a port of its own."""

    def __init__(self, environ: Mapping[str, str], log: Path, *flags: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = log
        command = [sys.executable, "-m", "backend", "serve", "--port", self.url.rpartition(":")[2]]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AHORA_")}
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [*command, *flags], env={**inherited, **environ}, stdout=output, stderr=output
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def terminate(self) -> None:
        """SIGTERM; it must go within seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it hangs after SIGTERM:\n{self.log.read_text()}") from None


@contextlib.contextmanager
def started_together(
    count: int, environ: Mapping[str, str], folder: Path
) -> Iterator[list[ServerProcess]]:
    """So many API processes, started in the same moment; all are ready in the block."""
    servers = [ServerProcess(environ, folder / f"api-{number}.log") for number in range(count)]
    try:
        for server in servers:
            server.wait_until_ready()
        yield servers
    finally:
        for server in servers:
            server.terminate()
