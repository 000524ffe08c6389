"""Builders, and a worker as the API sees one."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from ahora.config import RunConfig
from ahora.schemas.runs import RunCreate
from backend.db import Database
from backend.runs import service

BASE = "http://127.0.0.1:8000"
API = "/api/v1"


def config(**sections: Any) -> dict[str, Any]:
    """A valid configuration; `algorithm={"alpha": 2.0}` changes fields of a section."""
    resolved = RunConfig().resolved()
    for name, value in sections.items():
        resolved[name] = resolved[name] | value if isinstance(value, dict) else value
    return RunConfig.model_validate(resolved).resolved()


def create_run(db: Database, by: str = "tester", **fields: Any) -> str:
    """Store a run without HTTP and give its id; `fields` are those of `RunCreate`."""
    made = RunCreate.model_validate({"config": config(), **fields})
    with db.write() as session:
        return service.create(session, made, by).id


def code_of(response: Any) -> tuple[int, str]:
    """Status and problem type of an error, which must be a whole problem."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["detail"]
    return response.status_code, problem["type"].removeprefix("/problems/")


def at_once(*actions: Callable[[], object]) -> None:
    """Do all of it in threads that start together."""
    start = threading.Barrier(len(actions))
    errors: list[BaseException] = []

    def run(action: Callable[[], object]) -> None:
        start.wait()
        try:
            action()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def timeless(run: dict[str, Any]) -> dict[str, Any]:
    """A run without what grows while it is looked at."""
    seconds = ("queue_seconds", "run_seconds")
    attempts = [
        {key: value for key, value in one.items() if key not in seconds} for one in run["attempts"]
    ]
    return {key: value for key, value in run.items() if key != "timing"} | {"attempts": attempts}


@dataclass
class FakeWorker:
    """What a worker process and its supervisors send."""

    client: TestClient
    """With the worker's token."""
    name: str = "bench"
    queues: list[str] = field(default_factory=lambda: ["cpu"])
    slots: int = 2
    labels: list[str] = field(default_factory=list)
    memory_gb: float = 8.0
    store: str = "/store"
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    beats: int = 0

    def register(self) -> "FakeWorker":
        kinds = ["cuda" if queue == "gpu" else "cpu" for queue in self.queues]
        answer = self.client.post(
            f"{API}/worker/register",
            json={
                "worker_id": self.id,
                "name": self.name,
                "host": "test-host",
                "pid": 4242,
                "queues": self.queues,
                "slots": self.slots * len(kinds),
                "devices": [
                    {"kind": kind, "index": index, "name": "D", "memory_gb": self.memory_gb}
                    for kind in kinds
                    for index in range(self.slots)
                ],
                "labels": self.labels,
                "versions": {"ahora": "0.1.0"},
                "store": self.store,
            },
        )
        assert answer.status_code == 200, answer.text
        return self

    def beat(self) -> Any:
        self.beats += 1
        return self.client.post(
            f"{API}/worker/{self.id}/heartbeat", json={"counter": self.beats, "busy_slots": 0}
        )

    def claim(self, queue: str = "cpu", slot: int = 0, claim_id: str | None = None) -> Any:
        return self.client.post(
            f"{API}/worker/claims",
            json={
                "claim_id": claim_id or secrets.token_hex(8),
                "worker_id": self.id,
                "queue": queue,
                "slot": slot,
            },
        )

    def job(self, **options: Any) -> dict[str, Any]:
        """Claim, and expect a job."""
        answer = self.claim(**options)
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()["job"]
        assert job is not None
        return job

    def attempt_beat(self, job: dict[str, Any], counter: int) -> Any:
        return self.attempt_post(job, "heartbeat", {"counter": counter})

    def events(self, job: dict[str, Any], first: int, *events: dict[str, Any]) -> Any:
        """Ship events numbered from `first`."""
        numbered = [
            {"seq": seq, "event": {"v": 1, "time": 0.0, **event}}
            for seq, event in enumerate(events, first)
        ]
        return self.attempt_post(job, "events", {"events": numbered})

    def attempt_post(self, job: dict[str, Any], what: str, body: dict[str, Any]) -> Any:
        return self.client.post(
            f"{API}/worker/attempts/{job['attempt_id']}/{what}",
            json=body,
            headers={"Authorization": f"Bearer {job['attempt_token']}"},
        )


RUNNING = {"type": "status", "status": "running"}


def metrics(step: int, **values: Any) -> dict[str, Any]:
    return {
        "type": "metrics",
        "step": step,
        "elapsed": step * 1.5,
        "tokens": step * 10,
        "values": values,
    }


def log(message: str, level: str = "info") -> dict[str, Any]:
    return {"type": "log", "message": message, "level": level}


def checkpoint(job: dict[str, Any], step: int, *names: str) -> dict[str, Any]:
    return {
        "type": "checkpoint",
        "step": step,
        "kind": "adapter",
        "path": f"runs/{job['run_id']}/attempt-{job['attempt']}/step-{step:06d}",
        "files": [{"path": name, "size": 3, "sha256": "00"} for name in names],
        "metrics": {"eval/pass@1": 0.5},
    }
