"""Experiments over HTTP: preview, launch, matrix, actions on all runs, estimates."""

from typing import Any

from starlette.testclient import TestClient

from tests.backend.support import API, RUNNING, FakeWorker, code_of, metrics

GRID = [
    {"field": "algorithm.name", "values": ["grpo", "sa_ah_grpo"]},
    {"field": "algorithm.alpha", "values": [0.5, 2]},
]


def plan(**fields: Any) -> dict[str, Any]:
    return {"config": {"max_steps": 10}, "axes": GRID, "seeds": [1, 2], **fields}


def launch(api: TestClient, **fields: Any) -> dict[str, Any]:
    answer = api.post(f"{API}/experiments", json=plan(name="three", **fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finish(worker: FakeWorker, status: str = "completed") -> dict[str, Any]:
    job = worker.job()
    events = [RUNNING, metrics(10, reward=0.5), {"type": "status", "status": status}]
    assert worker.events(job, 1, *events).status_code == 200
    return job


def test_a_preview_shows_the_runs_that_a_launch_makes(api: TestClient, worker: FakeWorker) -> None:
    preview = api.post(f"{API}/experiments/preview", json=plan()).json()
    assert [cell["label"] for cell in preview["cells"]] == [
        "GRPO",
        "SA-AH-GRPO alpha 0.5",
        "SA-AH-GRPO alpha 2",
    ]
    assert (preview["runs"], preview["combinations"]) == (6, 4)
    assert preview["collapsed"][0]["reason"] == "grpo has no alpha"
    assert preview["unmeasured"] == 3
    assert preview["device_hours"] == {}
    made = launch(api)
    assert [cell["label"] for cell in made["cells"]] == [c["label"] for c in preview["cells"]]
    assert [[run["seed"] for run in cell["runs"]] for cell in made["cells"]] == [[1, 2]] * 3
    runs = api.get(f"{API}/runs", params={"experiment": made["summary"]["id"]}).json()["items"]
    assert {run["experiment_id"] for run in runs} == {made["summary"]["id"]}
    # seed by seed: every configuration has a result before any has its last
    claimed = [finish(worker)["run_name"] for _ in range(3)]
    assert all(name.endswith(", seed 1 · three") for name in claimed)


def test_an_estimate_comes_from_completed_runs_that_are_alike(
    api: TestClient, worker: FakeWorker
) -> None:
    launch(api)
    finish(worker)
    preview = api.post(
        f"{API}/experiments/preview", json=plan(config={"max_steps": 20}, seeds=[0])
    ).json()
    estimate = preview["cells"][0]["estimate"]
    assert estimate["based_on"] == 1
    assert estimate["alike"] == "same model, data and batch"
    total = preview["device_hours"]["cpu"]
    assert abs(total["hours"] - 3 * estimate["hours"]) < 1e-9
    larger = plan(config={"rollout": {"generation_batch_size": 128}})
    cell = api.post(f"{API}/experiments/preview", json=larger).json()["cells"][0]
    assert cell["estimate"]["alike"] == "same model and device"
    other = plan(
        config={
            "model": {"model_name_or_path": "smollm2-135m"},
            "data": {"kind": "arithmetic"},
            "rewards": {"functions": [{"kind": "exact_number"}]},
        }
    )
    assert api.post(f"{API}/experiments/preview", json=other).json()["unmeasured"] == 3


def test_what_is_wrong_is_named_and_nothing_is_launched(api: TestClient) -> None:
    bad = plan(axes=[{"field": "rollout.num_generations", "values": [8, 7]}])
    preview = api.post(f"{API}/experiments/preview", json=bad).json()
    assert preview["cells"][0]["problems"] == []
    assert preview["cells"][1]["problems"][0]["path"] == "rollout.generation_batch_size"
    refused = api.post(f"{API}/experiments", json={**bad, "name": "wrong"})
    assert code_of(refused) == (422, "invalid")
    assert refused.json()["errors"][0]["path"] == "config.rollout.generation_batch_size"
    lost = plan(axes=[{"field": "optimizer.lr", "values": [1]}])
    preview = api.post(f"{API}/experiments/preview", json=lost).json()
    assert preview["problems"][0]["path"] == "axes.0.field"
    assert code_of(api.post(f"{API}/experiments", json={**lost, "name": "wrong"}))[0] == 422
    nan = '{"config": {}, "axes": [{"field": "algorithm.alpha", "values": [NaN]}]}'
    headers = {"Content-Type": "application/json"}
    answer = api.post(f"{API}/experiments/preview", content=nan, headers=headers)
    assert answer.status_code in (400, 422)
    assert api.get(f"{API}/runs").json()["total"] == 0
    assert api.get(f"{API}/experiments").json()["items"] == []


def test_a_repeated_launch_makes_nothing_new(api: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first, again = (
        api.post(f"{API}/experiments", json=plan(name="once"), headers=headers) for _ in range(2)
    )
    assert first.json()["summary"]["id"] == again.json()["summary"]["id"]
    assert api.get(f"{API}/runs").json()["total"] == 6
    other = api.post(f"{API}/experiments", json=plan(name="other"), headers=headers)
    assert code_of(other) == (409, "idempotency-key-reused")


def test_all_runs_are_stopped_by_one_request_that_answers_for_each(
    api: TestClient, worker: FakeWorker
) -> None:
    made = launch(api)
    at = f"{API}/experiments/{made['summary']['id']}"
    done = finish(worker)
    job = worker.job()
    worker.events(job, 1, RUNNING)
    assert "delete" in api.get(at).json()["actions"]
    paused = api.post(f"{at}/pause", json={"reason": "lunch"}).json()
    assert paused["done"] == len(paused["runs"]) == 5
    assert api.get(at).json()["summary"]["statuses"] == {
        "paused": 4,
        "pausing": 1,
        "completed": 1,
    }
    resumed = api.post(f"{at}/resume").json()
    assert resumed["done"] == 4
    stopped = api.post(f"{at}/stop").json()
    assert {run["status"] for run in stopped["runs"]} == {"stopped", "stopping"}
    assert done["run_id"] not in {run["run_id"] for run in stopped["runs"]}
    assert api.post(f"{at}/stop").json()["runs"] == []
    # one is still with its worker: it stays, and says why
    kept = api.delete(at).json()
    [problem] = [run["problem"] for run in kept["runs"] if not run["done"]]
    assert "stop it before deleting" in problem
    assert api.get(at).json()["summary"]["deleted_at"] is None
    worker.events(job, 2, {"type": "status", "status": "stopped"})
    assert api.delete(at).json()["done"] == 1
    assert api.get(f"{API}/experiments").json()["items"] == []
    gone = api.get(f"{API}/experiments", params={"deleted": True}).json()["items"]
    assert [each["name"] for each in gone] == ["three"]
    assert api.post(f"{at}/restore").json()["done"] == 6
    assert api.get(at).json()["actions"] == ["retry", "delete"]
    assert api.post(f"{at}/retry").json()["done"] == 5


def test_experiments_are_listed_page_by_page_and_edited(api: TestClient) -> None:
    ids = [launch(api, notes=word)["summary"]["id"] for word in ("first", "second", "third")]
    first = api.get(f"{API}/experiments", params={"limit": 2}).json()
    rest = api.get(f"{API}/experiments", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    [found] = api.get(f"{API}/experiments", params={"q": "second"}).json()["items"]
    assert (found["id"], found["cells"], found["max_steps"]) == (ids[1], 3, 60)
    edited = api.patch(f"{API}/experiments/{ids[0]}", json={"name": "better"}).json()
    assert (edited["summary"]["name"], edited["notes"]) == ("better", "first")
    assert code_of(api.get(f"{API}/experiments/nosuch")) == (404, "experiment-not-found")
