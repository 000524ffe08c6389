"""Creating, reading, editing, deleting and cloning runs."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.testclient import TestClient

from ahora.config import GRPO, RunConfig
from ahora.schemas.runs import RunCreate
from backend.db import Database
from backend.runs import service
from backend.runs.idempotency import create_once
from tests.backend.support import API, FakeWorker, code_of, config, create_run, timeless

RUNS = f"{API}/runs"


def create(api: TestClient, key: str | None = None, **fields: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(RUNS, json={"config": config(), **fields}, headers=headers)


def test_a_created_run_is_queued_with_everything_filled_in(api: TestClient) -> None:
    answer = create(api, tags=["a", "b", "a"], notes="why", preset="demo-grpo", priority=3)
    assert answer.status_code == 201
    run = answer.json()
    assert run["status"] == "queued"
    assert run["name"] == "SA-AH-GRPO alpha 0.5, tiny, seed 0"
    assert run["config"] == config()
    assert (run["tags"], run["notes"], run["preset"]) == (["a", "b"], "why", "demo-grpo")
    assert (run["project"], run["queue"], run["priority"]) == ("default", "cpu", 3)
    assert (run["created_by"], run["attempts"], run["version"]) == ("tester", [], 1)
    assert run["actions"] == ["pause", "stop", "clone", "delete"]
    assert timeless(api.get(f"{RUNS}/{run['id']}").json()) == timeless(run)


def test_a_partial_configuration_is_stored_resolved(api: TestClient) -> None:
    answer = api.post(RUNS, json={"config": {"algorithm": {"name": "grpo"}}})
    stored = RunConfig(algorithm=GRPO()).resolved()
    assert answer.json()["config"] == stored
    assert answer.json()["alpha"] == 0.0


def test_an_invalid_configuration_names_field_and_remedy(api: TestClient) -> None:
    bad = config()
    bad["algorithm"]["alpah"] = 1
    bad["optimizer"]["learning_rate"] = -1
    answer = create(api, config=bad)
    assert code_of(answer) == (422, "invalid")
    errors = {error["path"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"config.algorithm.alpah", "config.optimizer.learning_rate"}
    assert "alpha" in errors["config.algorithm.alpah"]["remedy"]
    assert errors["config.optimizer.learning_rate"]["remedy"]


def test_a_body_that_is_no_json_says_so(api: TestClient) -> None:
    answer = api.post(RUNS, content=b"{", headers={"Content-Type": "application/json"})
    assert code_of(answer) == (400, "bad-request")


def test_the_same_key_and_body_make_one_run(api: TestClient) -> None:
    first, again = create(api, key="k1", name="x"), create(api, key="k1", name="x")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert code_of(create(api, key="k1", name="y")) == (409, "idempotency-key-reused")
    assert create(api, key="k2", name="x").json()["id"] != first.json()["id"]
    assert api.get(RUNS).json()["total"] == 2


def test_one_key_sent_twice_at_once_makes_one_run(db: Database) -> None:
    body = RunCreate(config=RunConfig())
    ids: list[tuple[str, bool]] = []
    start = threading.Barrier(4)

    def send() -> None:
        start.wait()
        make = partial(service.create, body=body, by="me")
        ids.append(create_once(db, "me", "k", "same", make))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run_id for run_id, _ in ids}) == 1
    assert sorted(new for _, new in ids) == [False, False, False, True]


def test_keys_of_two_callers_are_apart(api: TestClient, connect: Callable[..., TestClient]) -> None:
    other = connect("user", "other")
    assert create(api, key="k").json()["id"] != create(other, key="k").json()["id"]


def test_edits_raise_the_version_and_notice_others(api: TestClient, db: Database) -> None:
    path = f"{RUNS}/{create_run(db, tags=['old'])}"
    etag = api.get(path).headers["ETag"]
    edit = {"name": "new", "tags": ["t2", "t1"], "notes": "n", "priority": -1, "project": "p"}
    answer = api.patch(path, json=edit, headers={"If-Match": etag})
    assert answer.status_code == 200
    run = answer.json()
    assert {key: run[key] for key in edit} == edit
    assert (run["version"], answer.headers["ETag"]) == (2, '"2"')
    late = api.patch(path, json={"name": "late"}, headers={"If-Match": etag})
    assert code_of(late) == (412, "precondition-failed")
    assert api.patch(path, json={"name": "any"}).json()["version"] == 3
    assert api.patch(path, json={"tags": []}).json()["tags"] == []
    assert code_of(api.patch(path, json={"status": "running"})) == (422, "invalid")


def test_projects_count_their_runs(api: TestClient, db: Database) -> None:
    for project in ("default", "study", "study"):
        create_run(db, project=project)
    gone = create_run(db, project="study")
    api.delete(f"{RUNS}/{gone}")
    assert api.get(f"{API}/projects").json() == [
        {"name": "default", "runs": 1},
        {"name": "study", "runs": 2},
    ]


def test_a_deleted_run_can_be_restored(api: TestClient, db: Database) -> None:
    path = f"{RUNS}/{create_run(db)}"
    assert api.delete(path).status_code == 204
    assert api.delete(path).status_code == 204
    assert api.get(RUNS).json()["items"] == []
    assert api.get(path).json()["actions"] == ["clone", "restore"]
    assert [run["id"] for run in api.get(RUNS, params={"deleted": True}).json()["items"]]
    assert api.post(f"{path}/restore").json()["deleted_at"] is None
    assert api.post(f"{path}/restore").status_code == 200
    assert api.get(RUNS).json()["total"] == 1


def test_a_deleted_run_is_not_handed_out_and_an_active_one_not_deleted(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    path = f"{RUNS}/{create_run(db)}"
    api.delete(path)
    assert worker.claim().json()["job"] is None
    api.post(f"{path}/restore")
    worker.job()
    assert code_of(api.delete(path)) == (409, "run-is-active")


def test_a_clone_changes_what_it_is_told_and_keeps_the_rest(api: TestClient, db: Database) -> None:
    source = create_run(db, tags=["t"], project="p", priority=2, config=config(max_steps=7))
    body = {"overrides": {"algorithm.alpha": 2.0, "seed": 1}}
    answer = api.post(f"{RUNS}/{source}/clone", json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    run = answer.json()
    assert (run["alpha"], run["seed"], run["max_steps"]) == (2.0, 1, 7)
    assert (run["tags"], run["project"], run["priority"]) == (["t"], "p", 2)
    assert (run["parent_run_id"], run["status"], run["step"]) == (source, "queued", 0)
    again = api.post(f"{RUNS}/{source}/clone", json=body, headers={"Idempotency-Key": "k"})
    assert again.json()["id"] == run["id"]


def test_a_run_may_name_the_one_it_started_from(api: TestClient, db: Database) -> None:
    source = create_run(db)
    body = {"config": config(), "parent_run_id": source}
    assert api.post(RUNS, json=body).json()["parent_run_id"] == source
    answer = api.post(RUNS, json=body | {"parent_run_id": "nosuchrun"})
    assert code_of(answer) == (422, "invalid")
    assert [error["path"] for error in answer.json()["errors"]] == ["parent_run_id"]


def test_a_clone_may_choose_another_variant(api: TestClient, db: Database) -> None:
    path = f"{RUNS}/{create_run(db, config=config(algorithm={'epsilon': 0.3}))}/clone"
    run = api.post(path, json={"overrides": {"algorithm.name": "grpo"}}).json()
    assert (run["algorithm"], run["config"]["algorithm"]["epsilon"]) == ("grpo", 0.3)
    overrides = {"algorithm.alpha": 3.0, "algorithm.name": "ah_grpo"}
    run = api.post(path, json={"overrides": overrides}).json()
    assert (run["algorithm"], run["alpha"]) == ("ah_grpo", 3.0)


def test_a_clone_with_a_wrong_override_names_it(api: TestClient, db: Database) -> None:
    path = f"{RUNS}/{create_run(db)}/clone"
    for overrides, field in (
        ({"algorithm.alpha": -1}, "algorithm.alpha"),
        ({"algorithm.alhpa": 1}, "algorithm.alhpa"),
        ({"nothing.here": 1}, "nothing"),
        ({"seed.deep": 1}, "seed.deep"),
        ({"rewards.functions.7.weight": 1}, "rewards.functions.7.weight"),
        ({"data.kind": "nonsense"}, "data"),
    ):
        answer = api.post(path, json={"overrides": overrides})
        assert code_of(answer) == (422, "invalid"), overrides
        assert [error["path"] for error in answer.json()["errors"]] == [field]


def test_what_is_not_there_is_404(api: TestClient) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
        ("POST", "/stop", None),
        ("POST", "/clone", {}),
        ("GET", "/timeline", None),
    ):
        answer = api.request(method, f"{RUNS}/nothere{path}", json=body)
        assert code_of(answer) == (404, "run-not-found"), (method, path)
