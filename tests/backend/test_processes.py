"""Several API processes behind one database: starting together, live for each other, ending in time."""

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import pytest
from starlette.testclient import TestClient

from backend.auth import service
from backend.db import Database
from backend.db.migrate import is_current
from tests.backend.servers import started_together
from tests.backend.support import API, RUNNING, FakeWorker, config, log, metrics


class Listener:
    """Reads a stream in a thread until the server ends it."""

    def __init__(self, url: str, secret: str, runs: str) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.ended = threading.Event()
        self._url, self._runs = url, runs
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=60) as client:
            params = {"runs": self._runs}
            with (
                contextlib.suppress(httpx.TransportError),
                httpx_sse.connect_sse(client, "GET", f"{API}/stream", params=params) as source,
            ):
                for event in source.iter_sse():
                    self.seen.append((event.event, event.json()))
        self.ended.set()

    def wait_for(self, kind: str, count: int = 1) -> list[Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = [data for event, data in self.seen if event == kind]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"no {kind} among {self.seen}")


@pytest.mark.slow
def test_three_processes_start_at_once_see_each_others_events_and_end_with_streams_open(
    empty_database_url: str, tmp_path: Path
) -> None:
    environ = {
        "AHORA_HOME": str(tmp_path / "home"),
        "AHORA_DATABASE_URL": empty_database_url,
        "AHORA_REDIS_URL": "",
    }
    (tmp_path / "home").mkdir()
    with started_together(3, environ, tmp_path) as (here, there, third):
        database = Database(empty_database_url)
        assert is_current(database)
        with database.write() as session:
            _, user = service.create_token(session, "ann", "user")
            _, token = service.create_token(session, "box", "worker")
        database.dispose()
        people = httpx.Client(base_url=there.url, headers={"Authorization": f"Bearer {user}"})
        run_id = people.post(f"{API}/runs", json={"config": config()}).json()["id"]
        one, every = Listener(here.url, user, run_id), Listener(third.url, user, "*")
        one.wait_for("ready")
        every.wait_for("ready")

        bearer = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=there.url, headers=bearer) as sending:
            worker = FakeWorker(as_test_client(sending)).register()
            job = worker.job()
            worker.events(job, 1, RUNNING, metrics(1, reward=0.25), log("hello"))
        (points,) = one.wait_for("metrics")
        assert points["points"][0]["values"] == {"reward": 0.25}
        assert one.wait_for("log")[0]["lines"][0]["message"] == "hello"
        assert one.wait_for("run")[-1]["status"] == "running"
        assert every.wait_for("run")[-1]["id"] == run_id
        people.close()
    # all have ended although streams were open, and the readers were told so
    assert one.ended.wait(10)
    assert every.ended.wait(10)
    for server in (here, there, third):
        assert "Traceback" not in server.log.read_text()


def as_test_client(client: httpx.Client) -> TestClient:
    """`FakeWorker` only posts."""
    return client  # type: ignore[return-value]
