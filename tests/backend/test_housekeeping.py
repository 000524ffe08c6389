"""Retention, disk usage and orphans."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from backend.checkpoints.store import Store
from backend.db import Database, utcnow
from backend.db.models import Attempt, Checkpoint, Run
from backend.housekeeping import command, orphans, retention
from backend.settings import Settings
from backend.workers.inputs import stored
from tests.backend.support import API, RUNNING, FakeWorker, code_of, create_run, metrics

DONE = {"type": "status", "status": "completed"}
BACK = {"type": "status", "status": "queued"}


@pytest.fixture
def store(settings: Settings) -> Store:
    """The one that the worker registered."""
    root = Path(settings.artifacts)
    root.mkdir()
    (root / "ahora-store.json").write_text('{"id": "/store"}')
    return Store(settings.artifacts)


@pytest.fixture
def save(settings: Settings) -> Callable[..., dict[str, Any]]:
    """Files of a checkpoint in the store; gives its event."""

    def make(job: dict[str, Any], step: int, **evaluated: float) -> dict[str, Any]:
        path = f"runs/{job['run_id']}/attempt-{job['attempt']}/step-{step:06d}"
        folder = Path(settings.artifacts) / path
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"x" * 1000)
        file = {"path": "model.safetensors", "size": 1000, "sha256": "0"}
        return {
            "type": "checkpoint", "step": step, "kind": "model", "path": path, "files": [file],
            "metrics": evaluated,
        }  # fmt: skip

    return make


def steps(api: TestClient, run_id: str) -> list[int]:
    return [row["step"] for row in api.get(f"{API}/runs/{run_id}/checkpoints").json()]


def folders(store: Store) -> list[tuple[int, str]]:
    return [(one.attempt, one.path.rpartition("/")[2]) for one in store.kept()]


def ended(db: Database, run_id: str, days_ago: float) -> None:
    with db.write() as session:
        before = utcnow() - timedelta(days=days_ago)
        session.execute(update(Run).where(Run.id == run_id).values(finished_at=before))


def test_retention_is_set_and_refused_for_projects(api: TestClient, db: Database) -> None:
    create_run(db, project="mine")
    assert api.get(f"{API}/projects/mine").json() == {
        "name": "mine",
        "runs": 1,
        "retention": {"keep_checkpoints": None, "checkpoint_days": None, "rollout_days": None},
        "usage": {"checkpoints": 0, "rollouts": 0, "metrics": 0},
    }
    limits = {"keep_checkpoints": 2, "checkpoint_days": 90, "rollout_days": None}
    answer = api.put(f"{API}/projects/mine/retention", json=limits)
    assert answer.json()["retention"] == limits
    assert api.get(f"{API}/projects/mine").json()["retention"] == limits
    bad = api.put(f"{API}/projects/mine/retention", json={"rollout_days": 0})
    assert code_of(bad) == (422, "invalid")
    assert bad.json()["errors"][0]["path"] == "rollout_days"
    assert code_of(api.get(f"{API}/projects/none")) == (404, "project-not-found")
    assert code_of(api.put(f"{API}/projects/none/retention", json={})) == (404, "project-not-found")


def test_the_newest_checkpoints_and_the_best_are_kept_of_runs_that_ended(
    api: TestClient, db: Database, worker: FakeWorker, save: Any, store: Store
) -> None:
    over, going = create_run(db), create_run(db)
    jobs = [worker.job(slot=0), worker.job(slot=1)]
    for job in jobs:
        scores = {10: 0.5, 20: 0.9, 30: 0.7, 40: 0.6}
        saved = [save(job, step, **{"eval/pass@1": score}) for step, score in scores.items()]
        worker.events(job, 1, RUNNING, *saved)
    worker.events(jobs[0], 6, DONE)
    api.put(f"{API}/projects/default/retention", json={"keep_checkpoints": 1})
    assert retention.apply(db, store) == 2
    assert steps(api, over) == [40, 20]
    assert steps(api, going) == [40, 30, 20, 10]
    assert len(folders(store)) == 6
    assert retention.apply(db, store) == 0
    usage = api.get(f"{API}/projects/default").json()["usage"]
    assert usage["checkpoints"] == 6000
    assert api.get(f"{API}/runs/{over}/usage").json()["checkpoints"] == 2000


def test_days_count_from_the_end_of_a_run(
    api: TestClient, db: Database, worker: FakeWorker, save: Any, store: Store
) -> None:
    runs = [create_run(db) for _ in range(2)]
    for _ in runs:
        job = worker.job()
        worker.events(job, 1, RUNNING, save(job, 5), rollout(1), rollout(2), rollout(2), DONE)
    used = api.get(f"{API}/runs/{runs[0]}/usage").json()["rollouts"]
    assert used > 0
    ended(db, runs[0], days_ago=31)
    ended(db, runs[1], days_ago=29)
    api.put(f"{API}/projects/default/retention", json={"checkpoint_days": 30, "rollout_days": 30})
    retention.apply(db, store)
    assert [steps(api, run_id) for run_id in runs] == [[], [5]]
    assert api.get(f"{API}/runs/{runs[0]}/rollouts").json() == []
    assert len(api.get(f"{API}/runs/{runs[1]}/rollouts").json()) == 2
    assert [api.get(f"{API}/runs/{r}/usage").json()["rollouts"] for r in runs] == [0, used]
    assert api.get(f"{API}/projects/default").json()["usage"]["rollouts"] == used


def rollout(step: int) -> dict[str, Any]:
    group = {
        "step": step, "index": 0, "prompt_id": "p", "prompt": "1+1=", "answer": "2",
        "completions": [], "reward_mean": None, "reward_std": None, "has_signal": False,
    }  # fmt: skip
    return {"type": "rollout", "group": group}


def test_superseded_checkpoints_go_also_while_the_run_goes_on(
    api: TestClient, db: Database, worker: FakeWorker, save: Any, store: Store
) -> None:
    run_id = create_run(db)
    first = worker.job()
    worker.events(first, 1, RUNNING, save(first, 10), save(first, 20), BACK)
    second = worker.job()
    with db.write() as session:  # it went on from step 10
        session.execute(update(Attempt).where(Attempt.number == 2).values(start_step=10))
    worker.events(second, 1, RUNNING, save(second, 15))
    assert steps(api, run_id) == [15, 10]
    assert retention.apply(db, store) == 1
    assert steps(api, run_id) == [15, 10]
    assert folders(store) == [(1, "step-000010"), (2, "step-000015")]


def test_a_checkpoint_whose_files_are_gone_already_can_be_deleted(
    api: TestClient, db: Database, worker: FakeWorker, save: Any, store: Store
) -> None:
    create_run(db)
    job = worker.job()
    event = save(job, 5)
    worker.events(job, 1, RUNNING, event, save(job, 6), DONE)
    store.remove(event["path"])
    api.put(f"{API}/projects/default/retention", json={"keep_checkpoints": 1})
    # the best one is the newest: neither was evaluated
    assert retention.apply(db, store) == 1


def test_what_another_run_begins_with_and_what_lies_elsewhere_is_kept(
    api: TestClient, db: Database, worker: FakeWorker, save: Any, store: Store
) -> None:
    run_id = create_run(db)
    job = worker.job()
    worker.events(job, 1, RUNNING, *(save(job, step) for step in (10, 20, 30, 40)), DONE)
    with db.write() as session:
        rows = {row.step: row for row in session.scalars(select(Checkpoint))}
        rows[10].store = "a store that this server does not reach"
        begun = stored(rows[20]).model_dump(mode="json")
    child = create_run(db)
    with db.write() as session:
        session.execute(update(Run).where(Run.id == child).values(from_checkpoint=begun))
    api.put(f"{API}/projects/default/retention", json={"checkpoint_days": 1})
    ended(db, run_id, days_ago=2)
    retention.apply(db, store)
    assert steps(api, run_id) == [20, 10]
    api.post(f"{API}/runs/{child}/stop")
    retention.apply(db, store)
    assert steps(api, run_id) == [10]


def test_metrics_are_counted_in_bytes(api: TestClient, db: Database, worker: FakeWorker) -> None:
    run_id = create_run(db)
    worker.events(worker.job(), 1, RUNNING, *(metrics(n, reward=0.5, loss=1) for n in range(300)))
    assert api.get(f"{API}/runs/{run_id}/usage").json()["metrics"] == 2 * 300 * 32


@pytest.fixture
def littered(
    db: Database, worker: FakeWorker, save: Any, settings: Settings
) -> dict[str, dict[str, Any]]:
    """A store with checkpoints of all kinds; the jobs they belong to."""
    jobs = {}
    for name in ("over", "running", "lost"):
        create_run(db, name=name)
        jobs[name] = worker.job()
        worker.events(jobs[name], 1, RUNNING, save(jobs[name], 10))
        save(jobs[name], 20)  # the event was lost, or is still on its way
    half = Path(settings.artifacts) / f"runs/{jobs['over']['run_id']}/attempt-1/.step-000030.part"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"x")
    worker.events(jobs["over"], 3, DONE)
    with db.write() as session:
        session.execute(
            update(Attempt).where(Attempt.id == jobs["lost"]["attempt_id"]).values(status="lost")
        )
        session.execute(update(Run).where(Run.id == jobs["lost"]["run_id"]).values(status="lost"))
    save({"run_id": "0therdatabase"[:12], "attempt": 1}, 5)
    (Path(settings.artifacts) / "notes").mkdir()
    (Path(settings.artifacts) / "runs" / "README.txt").write_text("by hand")
    return jobs


def test_orphans_are_what_no_attempt_can_still_report(
    db: Database, store: Store, littered: dict[str, dict[str, Any]]
) -> None:
    over = f"runs/{littered['over']['run_id']}/attempt-1"
    found = {orphan.path: orphan.kind for orphan in orphans.find(db, store)}
    assert found == {
        f"{over}/step-000020": "unreferenced",
        f"{over}/.step-000030.part": "unreferenced",
        "runs/0therdatabas/attempt-1/step-000005": "foreign",
    }


def test_the_command_lists_first_and_deletes_when_told_to(
    db: Database,
    store: Store,
    settings: Settings,
    littered: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = folders(store)
    command.run(db, settings, delete=False, foreign=False)
    listed = capsys.readouterr().out
    assert "step-000020" in listed
    assert "does not know" in listed
    assert "Nothing was deleted" in listed
    assert folders(store) == before

    command.run(db, settings, delete=True, foreign=False)
    told = capsys.readouterr().out
    assert "Deleted 2 folders" in told
    assert "left alone" in told
    command.run(db, settings, delete=True, foreign=True)
    assert "Deleted 1 folders" in capsys.readouterr().out
    command.run(db, settings, delete=False, foreign=False)
    assert "is without use" in capsys.readouterr().out
    assert len(folders(store)) == 5
    assert (Path(settings.artifacts) / "runs" / "README.txt").exists()


def test_a_store_deletes_nothing_outside(store: Store, settings: Settings, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    runs = Path(settings.artifacts) / "runs"
    runs.mkdir()
    (runs / "link").symlink_to(precious)
    for path in ("../precious", "/etc", "runs/../../precious", "runs/link", ""):
        with pytest.raises(ValueError, match="store"):
            store.remove(path)
    assert precious.exists()
