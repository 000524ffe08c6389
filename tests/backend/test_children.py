"""Runs that begin with a checkpoint of another."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.db import Database
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    checkpoint,
    code_of,
    config,
    create_run,
    metrics,
)

DONE = {"type": "status", "status": "completed"}


@pytest.fixture
def saved(api: TestClient, db: Database, worker: FakeWorker) -> dict[str, Any]:
    """A checkpoint of a run that has ended."""
    run_id = create_run(db, name="parent", project="p", tags=["a"], priority=3)
    job = worker.job()
    worker.events(job, 1, RUNNING, checkpoint(job, 10, "model.safetensors"), DONE)
    (found,) = api.get(f"{API}/runs/{run_id}/checkpoints").json()
    return dict(found)


def test_a_child_begins_with_the_weights_and_its_own_configuration(
    api: TestClient, worker: FakeWorker, saved: dict[str, Any]
) -> None:
    body = {"name": "child", "overrides": {"algorithm.alpha": 2.0, "seed": 5}}
    answer = api.post(f"{API}/checkpoints/{saved['id']}/runs", json=body)
    assert answer.status_code == 201
    run = answer.json()
    assert run["parent_run_id"] == saved["run_id"]
    assert run["from_checkpoint"] == {"id": saved["id"], "run_id": saved["run_id"], "step": 10}
    assert (run["name"], run["project"], run["tags"], run["priority"]) == ("child", "p", ["a"], 3)
    assert (run["config"]["algorithm"]["alpha"], run["seed"]) == (2.0, 5)

    job = worker.job()
    assert (job["resume_from"], job["from_checkpoint"]["step"]) == ([], 10)
    assert job["from_checkpoint"]["path"] == f"runs/{saved['run_id']}/attempt-1/step-000010"
    back = {"type": "status", "status": "queued"}
    worker.events(
        job, 1, RUNNING, metrics(1, reward=0.0), checkpoint(job, 1, "model.safetensors"), back
    )
    again = worker.job()
    assert [each["run_id"] for each in again["resume_from"]] == [run["id"]]
    assert again["from_checkpoint"] == job["from_checkpoint"]


def test_it_waits_for_a_worker_that_reaches_the_checkpoint(
    api: TestClient, worker: FakeWorker, saved: dict[str, Any]
) -> None:
    elsewhere = FakeWorker(worker.client, store="elsewhere").register()
    api.post(f"{API}/checkpoints/{saved['id']}/runs", json={})
    assert elsewhere.claim().json() == {"job": None}
    assert worker.job()["from_checkpoint"]["id"] == saved["id"]


def test_the_model_stays_as_it_is(api: TestClient, saved: dict[str, Any]) -> None:
    url = f"{API}/checkpoints/{saved['id']}/runs"
    for name, value in {"model_name_or_path": "smollm2-135m", "use_peft": True}.items():
        answer = api.post(url, json={"overrides": {f"model.{name}": value}})
        assert code_of(answer) == (422, "invalid")
        assert answer.json()["errors"][0]["path"] == f"model.{name}"
    assert (
        api.post(url, json={"overrides": {"model.gradient_checkpointing": True}}).status_code == 201
    )
    assert code_of(api.post(url, json={"overrides": {"seeed": 1}})) == (422, "invalid")


def test_a_repeated_request_makes_one_child(api: TestClient, saved: dict[str, Any]) -> None:
    url = f"{API}/checkpoints/{saved['id']}/runs"
    key = {"Idempotency-Key": "one"}
    first, again = (api.post(url, json={}, headers=key).json()["id"] for _ in range(2))
    assert first == again
    other = api.post(url, json={"name": "other"}, headers=key)
    assert code_of(other) == (409, "idempotency-key-reused")


def test_a_checkpoint_that_is_not_there(api: TestClient) -> None:
    answer = api.post(f"{API}/checkpoints/nope/runs", json={})
    assert code_of(answer) == (404, "checkpoint-not-found")


def test_a_plain_run_has_no_origin(api: TestClient, db: Database) -> None:
    run_id = create_run(db, config=config())
    assert api.get(f"{API}/runs/{run_id}").json()["from_checkpoint"] is None
