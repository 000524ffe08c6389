"""Datasets over HTTP: upload with checks, reuse, workers' fetch, deletion while runs need them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from ahora.config import RunConfig
from ahora.schemas.datasets import MAX_DATASET_BYTES
from tests.backend.support import API, RUNNING, FakeWorker, code_of, config

ROWS = [{"question": f"{n}+1", "answer": n + 1, "level": "easy"} for n in range(12)]
CONTENT = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def upload(api: TestClient, content: bytes = CONTENT, **params: str) -> Any:
    query = {"name": "sums", **params}
    return api.post(f"{API}/datasets", params=query, content=content)


def jsonl(**data: Any) -> dict[str, Any]:
    resolved = RunConfig.model_validate(
        {
            "model": {"model_name_or_path": "smollm2-135m"},
            "rewards": {"functions": [{"kind": "exact_number"}]},
            "data": {"kind": "jsonl", **data},
        }
    )
    return resolved.resolved()


def test_a_file_is_stored_under_its_hash_with_its_columns_and_first_rows(
    api: TestClient, tmp_path: Path
) -> None:
    made = upload(api)
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["sha256"], found["rows"], found["size"]) == (SHA256, 12, len(CONTENT))
    assert (found["prompt_column"], found["answer_column"]) == ("question", "answer")
    kinds = {column["name"]: (column["kind"], column["rows"]) for column in found["columns"]}
    assert kinds == {"question": ("text", 12), "answer": ("number", 12), "level": ("text", 12)}
    assert found["first_rows"] == ROWS[:5]
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [f"{SHA256}.jsonl"]
    again = upload(api, name="other").json()
    assert (again["id"], again["name"]) == (found["id"], "sums")
    assert len(api.get(f"{API}/datasets").json()) == 1
    assert api.get(f"{API}/datasets/{SHA256}").json() == found
    assert api.get(f"{API}/datasets/{found['id']}/file").content == CONTENT


def test_wrong_lines_are_named_and_nothing_is_kept(api: TestClient, tmp_path: Path) -> None:
    lines = [
        *CONTENT.splitlines()[:2],
        b"{not json",
        b"[1]",
        b'{"question": "q"}',
        b"",
        b'{"a": NaN}',
    ]
    answer = upload(api, b"\n".join(lines))
    assert code_of(answer) == (422, "invalid")
    errors = {each["path"]: each["message"] for each in answer.json()["errors"]}
    assert list(errors) == ["line 3", "line 4", "line 5", "line 7"]
    assert "not JSON" in errors["line 3"]
    assert "has no key 'answer'" in errors["line 5"]
    assert list((tmp_path / "datasets").iterdir()) == []
    for content, path in ((b"\n\n", "file"), (b'{"x": 1, "y": 2}', "prompt_column")):
        assert upload(api, content).json()["errors"][0]["path"] == path
    assert upload(api, b'{"x": 1, "y": 2}', prompt_column="x", answer_column="y").status_code == 201
    many = upload(api, b"no\n" * 1000).json()["errors"]
    assert len(many) == 20
    large = {"Content-Length": str(MAX_DATASET_BYTES + 1)}
    refused = api.post(f"{API}/datasets", params={"name": "x"}, content=b"x", headers=large)
    assert code_of(refused) == (413, "body-too-large")


def test_columns_are_changed_only_to_those_every_row_has(api: TestClient) -> None:
    made = upload(api).json()
    at = f"{API}/datasets/{made['id']}"
    changed = api.patch(at, json={"answer_column": "level", "name": "levels"}).json()
    assert (changed["answer_column"], changed["name"]) == ("level", "levels")
    wrong = api.patch(at, json={"prompt_column": "nope"})
    assert code_of(wrong) == (422, "invalid")
    assert wrong.json()["errors"][0]["path"] == "line 1"
    assert api.get(at).json()["prompt_column"] == "question"


def test_a_run_reads_what_is_uploaded_and_its_worker_fetches_it(
    api: TestClient, worker: FakeWorker
) -> None:
    unknown = {"config": jsonl(dataset="0" * 64)}
    refused = api.post(f"{API}/runs", json=unknown)
    assert code_of(refused) == (422, "invalid")
    assert refused.json()["errors"][0]["path"] == "config.data.dataset"
    checked = api.post(f"{API}/config/validate", json=unknown["config"])
    assert checked.json()["errors"][0]["path"] == "data.dataset"
    plan = {"config": unknown["config"], "seeds": [0]}
    preview = api.post(f"{API}/experiments/preview", json=plan).json()
    assert preview["cells"][0]["problems"][0]["path"] == "data.dataset"
    made = upload(api).json()
    at = f"{API}/datasets/{made['id']}"
    columns = {"prompt_column": "question", "answer_column": "answer"}
    run = api.post(f"{API}/runs", json={"config": jsonl(dataset=SHA256, **columns)}).json()
    assert api.get(at).json()["runs"] == 1
    kept = api.delete(at)
    assert code_of(kept) == (409, "dataset-in-use")
    assert run["name"] in kept.json()["detail"]
    job = worker.job()
    assert job["config"]["data"]["dataset"] == SHA256
    fetched = worker.client.get(f"{API}/worker/datasets/{SHA256}")
    assert hashlib.sha256(fetched.content).hexdigest() == SHA256
    assert code_of(api.get(f"{API}/worker/datasets/{SHA256}"))[0] == 403
    assert code_of(worker.client.get(f"{API}/worker/datasets/../tokens"))[0] == 404
    worker.events(job, 1, RUNNING, {"type": "status", "status": "completed"})
    assert api.delete(at).status_code == 204
    assert code_of(worker.client.get(f"{API}/worker/datasets/{SHA256}"))[0] == 404
    assert api.get(f"{API}/datasets").json() == []


def test_validation_says_which_workers_could_run_it(api: TestClient, worker: FakeWorker) -> None:
    found = api.post(f"{API}/config/validate", json=config()).json()
    assert (found["workers"], found["waits_for"]) == (["bench"], None)
    found = api.post(f"{API}/config/validate", json=config(resources={"labels": ["a100"]})).json()
    assert found["workers"] == []
    assert "a100" in found["waits_for"]
