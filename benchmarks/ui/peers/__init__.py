"""MLflow's and trackio's dashboards on the same data, in an environment of their own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.ui.page import chromium, visit
from benchmarks.ui.peers.streaming import measure as live
from benchmarks.ui.peers.streaming import streaming
from tests.client.live import free_port

HERE = Path(__file__).parent
SEED_SECONDS = 600


@dataclass(frozen=True)
class Peer:
    """A dashboard beside ours."""

    name: str
    bin: Path
    """Folder of its environment's programs."""
    home: Path
    """Where its store lies."""

    @property
    def environ(self) -> dict[str, str]:
        """Nothing is sent to anybody, and no hub is asked."""
        return {
            **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "HF_HUB_OFFLINE": "1",
            "TRACKIO_DIR": str(self.home),
        }

    def seed(self, data: Path) -> None:
        """Fill its store. Raises `CalledProcessError` and `TimeoutExpired`."""
        self.home.mkdir(parents=True)
        script = HERE / f"seed_{self.name}.py"
        done = subprocess.run(
            [self.bin / "python", script, data, self.home / "store.db"],
            env=self.environ,
            stdout=subprocess.PIPE,
            check=True,
            timeout=SEED_SECONDS,
        )
        (self.home / "seeded.json").write_bytes(done.stdout)

    @contextmanager
    def server(self) -> Iterator[str]:
        """URL of its server, one process, on its store."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        commands = {
            "mlflow": [
                *(self.bin / "mlflow", "server", "--backend-store-uri"),
                *(f"sqlite:///{self.home / 'store.db'}", "--port", str(port), "--workers", "1"),
            ],
            "trackio": [
                *(self.bin / "python", "-c"),
                f"import trackio; trackio.show(open_browser=False, block_thread=True, server_port={port})",
            ],
        }
        with (self.home / "server.log").open("ab") as log:
            process = subprocess.Popen(
                commands[self.name],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + 60
            while not answers(url):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"{self.name} did not start: {self.home / 'server.log'}")
                time.sleep(0.1)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)

    def pages(self, url: str) -> dict[str, tuple[str, str]]:
        """Its table of runs and its page of 100 curves, each with what shows that it is there."""
        if self.name == "trackio":
            return {
                "table": (f"{url}/runs?project=table", TRACKIO_ROWS),
                "charts": (f"{url}/metrics?project=compared", TRACKIO_CURVES),
            }
        seeded = json.loads((self.home / "seeded.json").read_text())
        query = {
            "runs": seeded["runs"],
            "metric": "reward",
            "experiments": [seeded["compared"]],
            "plot_metric_keys": ["reward"],
        }
        text = "&".join(f"{key}={compact(value)}" for key, value in query.items())
        return {
            "table": (f"{url}/#/experiments/{seeded['table']}/runs", MLFLOW_ROWS),
            "charts": (f"{url}/#/metric/reward?{text}", MLFLOW_CURVES),
        }

    def measure(self, seconds: float) -> dict[str, Any]:
        """Both pages, and one into which points stream; what one of them did not do in `seconds` is said in
        its place."""
        found: dict[str, Any] = {}
        with self.server() as url, chromium() as browser:
            for page, (address, ready) in self.pages(url).items():
                name = {"table": "table_first_paint_ms", "charts": "charts_ready_ms"}[page]
                try:
                    seen = visit(browser, address, ready, seconds=seconds)
                except Exception as error:
                    found[name] = f"failed: {str(error).splitlines()[0][:200]}"
                    continue
                found[name] = seen.ready_ms
                found[f"{page}_longest_task_ms"] = seen.longest_task_ms
                found[f"{page}_heap_mb"] = seen.heap_mb
            try:
                with streaming(self.name, self.bin / "python", self.environ, url) as address:
                    found |= live(browser, address)
            except Exception as error:
                found["update_p95_ms"] = f"failed: {str(error).splitlines()[0][:200]}"
        return found


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


MLFLOW_ROWS = "return document.querySelectorAll('[role=row] a[href*=\"/runs/\"]').length >= 10"
MLFLOW_CURVES = "return document.querySelectorAll('.scatterlayer .trace').length >= 100"
TRACKIO_ROWS = "return document.querySelectorAll('tbody tr').length >= 10"
TRACKIO_CURVES = "return document.querySelectorAll('.vega-embed canvas').length >= 1"
