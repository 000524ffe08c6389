"""Samples over time: of all attempts, never superseded, live like everything else."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from backend.db import Database
from backend.db.models import Attempt, StreamItem
from backend.logs import service as logs
from tests.backend.support import API, RUNNING, FakeWorker, create_run, log, metrics


def sample(elapsed: float, **values: Any) -> dict[str, Any]:
    return {
        "type": "system",
        "elapsed": elapsed,
        "values": {f"system/{name}": value for name, value in values.items()},
    }


def test_samples_of_two_attempts_are_one_series_over_time(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    first = worker.job()
    worker.events(
        first, 1, RUNNING,
        sample(5.2, memory=1.0), metrics(1, reward=0.1), sample(90.0, memory=2.0),
        {"type": "status", "status": "queued"},
    )  # fmt: skip
    # the second attempt begins anew: the first one's steps are superseded, its samples are not
    second = worker.job()
    with db.write() as session:
        started = session.scalars(select(Attempt.claimed_at).where(Attempt.number == 1)).one()
        later = started + timedelta(seconds=100)
        session.execute(update(Attempt).where(Attempt.number == 2).values(claimed_at=later))
    worker.events(second, 1, RUNNING, sample(5.4, memory=3.0))

    asked = {"runs": [run_id], "keys": ["system/memory", "reward"], "max_points": 100}
    (series,) = api.post(f"{API}/metrics/query", json=asked).json()["series"]
    assert series["key"] == "system/memory"
    assert series["elapsed"] == [pytest.approx(value) for value in (5.2, 90.0, 105.4)]
    assert series["values"] == [1.0, 2.0, 3.0]
    (summary,) = api.get(f"{API}/runs/{run_id}/metrics").json()["metrics"]
    assert (summary["key"], summary["count"], summary["max"]) == ("system/memory", 3, 3.0)
    run = api.get(f"{API}/runs/{run_id}").json()
    assert run["step"] == 0, "seconds are no steps"
    with db.read() as session:
        items = session.scalars(select(StreamItem).where(StreamItem.kind == "system")).all()
    assert len(items) == 2
    assert '"elapsed": 105.4' in items[1].data


def test_only_system_names_are_samples(db: Database, worker: FakeWorker) -> None:
    create_run(db)
    event = {"type": "system", "elapsed": 1.0, "values": {"reward": 1.0}}
    assert worker.events(worker.job(), 1, event).status_code == 422


def test_the_registry_says_which_metrics_are_over_time(api: TestClient) -> None:
    found = {one["name"]: one for one in api.get(f"{API}/metrics/registry").json()["metrics"]}
    assert found["system/gpu_power"]["axis"] == "time"
    assert found["system/gpu_power"]["unit"] == "W"
    assert found["reward"]["axis"] == "step"


def test_the_newest_lines_of_a_log_are_kept(
    api: TestClient, db: Database, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_LINES", 10)
    run_id = create_run(db)
    job = worker.job()
    worker.events(job, 1, *(log(f"line {number}") for number in range(1, 16)))
    worker.events(job, 16, log("the last one"))
    found = api.get(f"{API}/runs/{run_id}/logs", params={"after": 0}).json()["items"]
    assert [line["message"] for line in found][:1] == ["line 7"]
    assert (len(found), found[-1]["message"], found[-1]["id"]) == (10, "the last one", 16)
