"""Jobs on checkpoints: created, claimed, reported, and out of the way of runs."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.db import Database
from backend.settings import Settings
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    code_of,
    config,
    create_run,
    metrics,
)

COMPLETED = {"type": "status", "status": "completed"}
EVALUATED: dict[str, Any] = {
    "kind": "evaluate",
    "metrics": {"eval/pass@1": 0.75, "eval/mean_length": 5.0},
    "problems": 4,
    "data": {"kind": "multiplication"},
    "examples": [],
}


def checkpoint(job: dict[str, Any], step: int, kind: str = "adapter") -> dict[str, Any]:
    return {
        "type": "checkpoint",
        "step": step,
        "kind": kind,
        "path": f"runs/{job['run_id']}/attempt-{job['attempt']}/step-{step:06d}",
        "files": [
            {"path": "model.safetensors", "size": 1000, "sha256": "00"},
            {"path": "sub/config.json", "size": 2, "sha256": "00"},
        ],
        "metrics": {"eval/pass@1": 0.5},
    }


@pytest.fixture
def trained(db: Database, worker: FakeWorker, api: TestClient) -> dict[str, Any]:
    """A run of LoRA that completed with a checkpoint: `run_id` and `checkpoint`."""
    create_run(db, name="Trained", config=config(model={"use_peft": True}), project="mine")
    job = worker.job()
    worker.events(
        job,
        1,
        {"type": "provenance", "values": {"prompts": ["1*2="], "seed": 0}},
        RUNNING,
        metrics(0, **{"eval/pass@1": 0.25}),
        *(metrics(step, reward=step / 100) for step in range(1, 41)),
        metrics(40, **{"eval/pass@1": 0.5}),
        checkpoint(job, 40),
        COMPLETED,
    )
    [saved] = api.get(f"{API}/runs/{job['run_id']}/checkpoints").json()
    return {"run_id": job["run_id"], "checkpoint": saved}


def ask(
    api: TestClient, trained: dict[str, Any], spec: dict[str, Any], key: str | None = None
) -> Any:
    return api.post(
        f"{API}/checkpoints/{trained['checkpoint']['id']}/jobs",
        json={"spec": spec},
        headers={} if key is None else {"Idempotency-Key": key},
    )


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_evaluation_from_asking_to_its_result(
    api: TestClient, worker: FakeWorker, trained: dict[str, Any]
) -> None:
    spec = {"kind": "evaluate", "num_examples": 4, "data": {"kind": "multiplication", "digits": 3}}
    asked = made(ask(api, trained, spec))
    assert (asked["status"], asked["step"], asked["run_id"]) == ("queued", 40, trained["run_id"])
    assert asked["waits_for"] is None
    assert asked["result"] is None

    job = worker.job()
    assert (job["run_id"], job["kind"]) == (asked["id"], "evaluate")
    assert job["spec"]["num_examples"] == 4
    given = job["from_checkpoint"]
    assert (given["id"], given["run_id"]) == (trained["checkpoint"]["id"], trained["run_id"])
    assert given["store"] == "/store"
    assert job["config"]["data"]["digits"] == 3
    assert job["config"]["evaluation"]["num_examples"] == 4
    assert job["config"]["model"]["use_peft"] is True
    other = {"type": "result", "result": {**EVALUATED, "kind": "export"}}
    assert worker.events(job, 1, other).status_code == 422
    worker.events(
        job,
        1,
        RUNNING,
        {"type": "progress", "phase": "evaluating", "message": "held-out problems"},
    )
    [listed] = api.get(f"{API}/runs/{trained['run_id']}/jobs").json()
    assert (listed["status"], listed["phase"], listed["actions"]) == (
        "running",
        "evaluating",
        ["stop"],
    )
    worker.events(job, 3, {"type": "result", "result": EVALUATED}, COMPLETED)
    done = api.get(f"{API}/jobs/{asked['id']}").json()
    assert done["status"] == "completed"
    assert done["result"] == EVALUATED
    assert done["metrics"] == EVALUATED["metrics"]
    [listed] = api.get(f"{API}/runs/{trained['run_id']}/jobs").json()
    assert listed == {key: value for key, value in done.items() if key != "result"}

    # a job is a run as far as its log, its history and its end go
    assert api.get(f"{API}/runs/{asked['id']}").json()["kind"] == "evaluate"
    assert len(api.get(f"{API}/runs/{asked['id']}/timeline").json()) == 4
    assert api.delete(f"{API}/runs/{asked['id']}").status_code == 204
    assert api.get(f"{API}/runs/{trained['run_id']}/jobs").json() == []


def test_jobs_disturb_neither_lists_nor_counts_nor_comparisons(
    api: TestClient, worker: FakeWorker, trained: dict[str, Any]
) -> None:
    def seen() -> Any:
        listed = api.get(f"{API}/runs").json()
        compared = api.get(f"{API}/compare", params={"runs": trained["run_id"]}).json()
        return listed, api.get(f"{API}/projects").json(), compared

    before = seen()
    asked = made(ask(api, trained, {"kind": "sample", "prompt": "12*3="}))
    assert seen() == before
    by_kind = api.get(f"{API}/runs", params={"kind": "sample"}).json()
    assert [run["id"] for run in by_kind["items"]] == [asked["id"]]
    with_job = api.get(f"{API}/compare", params={"runs": asked["id"]})
    assert code_of(with_job) == (404, "run-not-found")
    clone = api.post(f"{API}/runs/{asked['id']}/clone", json={})
    assert code_of(clone) == (409, "not-a-training-run")
    # but it waits for a slot, so it counts there
    queue = {one["name"]: one["queued"] for one in api.get(f"{API}/queue").json()}
    assert queue["cpu"] == 1
    stopped = api.post(f"{API}/runs/{asked['id']}/stop", json={"reason": "enough"})
    assert stopped.json()["status"] == "stopped"
    assert api.get(f"{API}/jobs/{asked['id']}").json()["status_reason"] == "enough"
    assert worker.claim().json()["job"] is None
    assert api.get(f"{API}/jobs/{asked['id']}").json()["actions"] == ["retry", "delete"]
    again = api.post(f"{API}/runs/{asked['id']}/retry", json={})
    assert again.json()["status"] == "queued"
    assert worker.job()["from_checkpoint"]["id"] == trained["checkpoint"]["id"]


def test_jobs_go_before_runs_that_wait(
    api: TestClient, db: Database, worker: FakeWorker, trained: dict[str, Any]
) -> None:
    create_run(db, priority=5)
    asked = made(ask(api, trained, {"kind": "sample", "prompt": "12*3=", "temperature": 0.5}))
    job = worker.job()
    assert job["run_id"] == asked["id"]
    assert job["config"]["rollout"]["temperature"] == 0.5


def test_an_export_brings_files_and_facts(
    api: TestClient, worker: FakeWorker, trained: dict[str, Any], settings: Settings
) -> None:
    asked = made(ask(api, trained, {"kind": "export"}))
    job = worker.job()
    facts = job["facts"]
    assert (facts["run_name"], facts["steps"]) == ("Trained", 40)
    assert (facts["baseline_pass_at_1"], facts["final_pass_at_1"]) == (0.25, 0.5)
    assert facts["provenance"]["prompts"] == ["1*2="]
    steps = [point["step"] for point in facts["curve"]]
    assert (steps[0], steps[-1], len(steps)) == (0, 40, 11)
    assert facts["curve"][-1] == {"step": 40, "reward": 0.4, "pass_at_1": 0.5}

    # what an attempt exported that was lost is nothing the next one goes on from
    worker.events(
        job, 1, RUNNING, checkpoint(job, 39, "model"), {"type": "status", "status": "queued"}
    )
    job = worker.job()
    assert (job["attempt"], job["resume_from"]) == (2, [])
    assert job["from_checkpoint"]["id"] == trained["checkpoint"]["id"]

    event = checkpoint(job, 40, "model")
    folder = Path(settings.artifacts) / event["path"]
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"w" * 1000)
    (folder / "sub" / "config.json").write_text("{}")
    exported = {
        "kind": "export", "what": "merged", "dtype": "float32", "parameters": 5,
        "base_model": "tiny", "base_license": None, "size": 1002,
    }  # fmt: skip
    worker.events(job, 1, RUNNING, event, {"type": "result", "result": exported}, COMPLETED)
    files = api.get(f"{API}/jobs/{asked['id']}").json()["files"]
    assert (files["run_id"], files["kind"], files["size"]) == (asked["id"], "model", 1002)
    base = f"{API}/runs/{asked['id']}/checkpoints/{files['id']}"
    assert api.get(f"{base}/files/sub/config.json").content == b"{}"
    answer = api.get(f"{base}/archive")
    assert int(answer.headers["content-length"]) == len(answer.content)
    name = f"{asked['id']}-step-000040"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.tar"'
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        assert archive.getnames() == [f"{name}/model.safetensors", f"{name}/sub/config.json"]
        (weights,) = (archive.extractfile(each) for each in archive.getnames()[:1])
        assert weights is not None
        assert weights.read() == b"w" * 1000
    # what was exported is no checkpoint to work on
    again = api.post(f"{API}/checkpoints/{files['id']}/jobs", json={"spec": {"kind": "export"}})
    assert code_of(again) == (409, "not-a-training-run")
    (folder / "model.safetensors").unlink()
    assert code_of(api.get(f"{base}/archive")) == (404, "checkpoint-file-not-found")


def test_a_repeated_request_makes_one_job(api: TestClient, trained: dict[str, Any]) -> None:
    spec = {"kind": "sample", "prompt": "12*3="}
    first, second = (made(ask(api, trained, spec, "key-1")) for _ in range(2))
    assert first["id"] == second["id"]
    other = ask(api, trained, {"kind": "evaluate"}, "key-1")
    assert code_of(other) == (409, "idempotency-key-reused")


def test_what_does_not_fit_is_refused_by_name(
    api: TestClient, db: Database, worker: FakeWorker, trained: dict[str, Any]
) -> None:
    for spec, path in (
        ({"kind": "evaluate", "data": {"kind": "arithmetic"}}, "spec.data.kind"),
        ({"kind": "evaluate", "pass_k": [4], "num_samples": 2}, "spec.pass_k"),
        ({"kind": "evaluate", "data": {"kind": "arithmetic", "max_operand": 0}},
         "spec.data.max_operand"),
        ({"kind": "evaluate", "rewards": {"functions": [{"kind": "task"}]}},
         "spec.rewards.functions.0.kind"),
        ({"kind": "sample"}, "spec.prompt"),
        ({"kind": "sample", "prompt": "1", "temperature": 0}, "spec.temperature"),
        ({"kind": "sample", "prompt": "a\u0000b"}, "spec.prompt"),
        ({"kind": "sample", "prompt": "1", "topp": 1}, "spec.topp"),
        ({"kind": "export", "what": "adapter", "dtype": "float16"}, "spec.dtype"),
        ({"kind": "train"}, "spec"),
    ):  # fmt: skip
        answer = ask(api, trained, spec)
        assert code_of(answer)[0] == 422, spec
        assert path in [error["path"] for error in answer.json()["errors"]], answer.text
    assert code_of(api.get(f"{API}/jobs/nope")) == (404, "job-not-found")
    assert code_of(api.get(f"{API}/jobs/{trained['run_id']}")) == (404, "job-not-found")
    assert code_of(api.get(f"{API}/runs/nope/jobs")) == (404, "run-not-found")
    nope = {"checkpoint": {"id": "nope"}}
    assert code_of(ask(api, nope, {"kind": "evaluate"})) == (404, "checkpoint-not-found")

    create_run(db)
    whole = worker.job()
    worker.events(whole, 1, RUNNING, checkpoint(whole, 1, "model"), COMPLETED)
    [saved] = api.get(f"{API}/runs/{whole['run_id']}/checkpoints").json()
    adapter = ask(api, {"checkpoint": saved}, {"kind": "export", "what": "adapter"})
    assert code_of(adapter)[0] == 422
    assert adapter.json()["errors"][0]["path"] == "spec.what"

    api.delete(f"{API}/runs/{trained['run_id']}")
    assert code_of(ask(api, trained, {"kind": "evaluate"})) == (409, "run-deleted")


def test_a_training_run_reports_no_result(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    create_run(db)
    job = worker.job()
    worker.events(job, 1, {"type": "result", "result": EVALUATED})
    lines = api.get(f"{API}/runs/{job['run_id']}/logs").json()["items"]
    assert "kind train has no result of kind evaluate" in lines[-1]["message"]
