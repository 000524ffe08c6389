"""Workers against the real backend: every promise that needs both sides."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worker.contract import until
from tests.worker.site import RedisServer, WorkerSite

pytestmark = pytest.mark.stack

TRAINER = """
def save():
    metrics(1000)
    status("stopped")
    sys.exit(0)
stop_on_term(save)
status("running")
attempt = run_json.parent.name
note(attempt, os.getpid())
for step in range(1, 301):
    metrics(step)
    time.sleep(0.002)
wait_for("finish")
for step in range(301, 601):
    metrics(step)
status("completed")
"""


class Backend:
    """A real API process on SQLite that can be killed and started again at the same port."""

    def __init__(self, home: Path, redis_server: RedisServer) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._home = home
        self._env = {
            **os.environ,
            "AHORA_HOME": str(home),
            "AHORA_REDIS_URL": redis_server.url,
            "AHORA_LEASE_SECONDS": "2",
            "AHORA_HEARTBEAT_SECONDS": "0.3",
            "AHORA_SWEEP_SECONDS": "0.5",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=self.url)
        self.start()
        token = self.secret("user")
        self._http.headers["Authorization"] = f"Bearer {token}"

    def secret(self, kind: str) -> str:
        return (self._home / f"secrets/{kind}.token").read_text().strip()

    def start(self) -> None:
        command = [sys.executable, "-m", "backend", "serve", "--embedded", "--port"]
        with (self._home / "api.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(self._port)], env=self._env, stdout=log, stderr=log
            )
        until(self._is_ready, "the API is ready", 30)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        self._http.close()

    def _is_ready(self) -> bool:
        try:
            return self._http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def get(self, path: str) -> Any:
        return self._http.get(f"/api/v1{path}").raise_for_status().json()

    def post(self, path: str, body: Any = None) -> Any:
        return self._http.post(f"/api/v1{path}", json=body).raise_for_status().json()

    def launch(self) -> str:
        return str(self.post("/runs", {"config": {"resources": {"max_attempts": 3}}})["id"])

    def reached(self, run: str, status: str, attempt: int = 1) -> Any:
        """The run, once this attempt of it is in this state."""

        def look() -> Any:
            found = self.get(f"/runs/{run}")
            right = found["status"] == status and len(found["attempts"]) == attempt
            return found if right else None

        return until(look, f"attempt {attempt} of {run} is {status}", 30)

    def steps(self, run: str) -> list[int]:
        query = {"runs": [run], "keys": ["reward"], "max_points": 10_000}
        found = self.post("/metrics/query", query)["series"]
        return list(found[0]["steps"]) if found else []


@pytest.fixture
def backend(tmp_path: Path, redis_server: RedisServer) -> Iterator[Backend]:
    (tmp_path / "home").mkdir()
    made = Backend(tmp_path / "home", redis_server)
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, backend: Backend, redis_server: RedisServer) -> Iterator[WorkerSite]:
    made = WorkerSite(tmp_path, backend.url, redis_server, backend.secret("worker"))
    made.trainer(TRAINER)
    yield made
    made.close()


def test_an_api_that_is_killed_and_comes_back_has_every_metric_once(
    backend: Backend, site: WorkerSite
) -> None:
    site.worker()
    run = backend.launch()
    backend.reached(run, "running")
    backend.kill()
    (site.folder / "finish").touch()
    backend.start()
    backend.reached(run, "completed")
    assert backend.steps(run) == list(range(1, 601))


def test_a_user_stops_a_run(backend: Backend, site: WorkerSite) -> None:
    site.worker()
    run = backend.launch()
    backend.reached(run, "running")
    backend.post(f"/runs/{run}/stop", {"reason": "enough"})
    found = backend.reached(run, "stopped")
    assert "enough" in found["status_reason"]
    assert backend.steps(run)[-1] == 1000


def test_a_run_whose_worker_is_killed_is_lost_and_tried_again_by_another(
    backend: Backend, site: WorkerSite
) -> None:
    process = site.worker()
    run = backend.launch()
    backend.reached(run, "running")
    process.kill()
    backend.reached(run, "lost")
    (site.folder / "finish").touch()
    site.worker("--spool", str(site.folder / "another"))
    found = backend.reached(run, "completed", attempt=2)
    assert [attempt["status"] for attempt in found["attempts"]] == ["lost", "completed"]
    assert backend.steps(run) == list(range(1, 601))


def test_a_worker_that_starts_again_gives_back_what_it_was_killed_at(
    backend: Backend, site: WorkerSite
) -> None:
    process = site.worker()
    run = backend.launch()
    backend.reached(run, "running")
    process.kill()
    process.wait()
    (site.folder / "finish").touch()
    site.worker()
    found = backend.reached(run, "completed", attempt=2)
    assert found["attempts"][0]["error_type"] == "worker_lost"
    assert backend.steps(run) == list(range(1, 601))


def test_a_worker_that_is_shut_down_gives_its_run_to_another(
    backend: Backend, site: WorkerSite
) -> None:
    process = site.worker()
    run = backend.launch()
    backend.reached(run, "running")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    found = backend.reached(run, "queued")
    assert found["attempts"][0]["status"] == "requeued"
    assert [worker["status"] for worker in backend.get("/workers")] == ["offline"]
    (site.folder / "finish").touch()
    site.worker()
    backend.reached(run, "completed", attempt=2)
    # Step 1000 of the first attempt is history: the second began anew.
    assert backend.steps(run) == list(range(1, 601))


def test_a_worker_that_was_only_cut_off_goes_on_after_it_was_thought_lost(
    backend: Backend, site: WorkerSite
) -> None:
    process = site.worker()
    run = backend.launch()
    backend.reached(run, "running")
    process.send_signal(signal.SIGSTOP)
    backend.reached(run, "lost")
    process.send_signal(signal.SIGCONT)
    backend.reached(run, "running")
    (site.folder / "finish").touch()
    found = backend.reached(run, "completed")
    assert backend.steps(run) == list(range(1, 601))
    assert len(found["attempts"]) == 1


def test_a_worker_whose_run_another_took_ends_its_trainer(
    backend: Backend, site: WorkerSite
) -> None:
    process = site.worker()
    run = backend.launch()
    first = backend.reached(run, "running")["attempts"][0]["id"]
    process.send_signal(signal.SIGSTOP)
    site.worker("--spool", str(site.folder / "another"), "--name", "other")
    backend.reached(run, "running", attempt=2)
    process.send_signal(signal.SIGCONT)
    until(lambda: "ends here" in site.log(), "the first worker gives up")
    until(lambda: not (site.folder / "home/spool" / first).exists(), "its spool is gone")
    (site.folder / "finish").touch()
    backend.reached(run, "completed", attempt=2)
    assert backend.steps(run) == list(range(1, 601))
