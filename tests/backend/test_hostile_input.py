"""Texts and numbers no honest client sends are refused, on both databases, and nothing fails inside."""

import base64
import json
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from backend.db import Database
from tests.backend.support import API, FakeWorker, code_of, config, create_run

RUNS = f"{API}/runs"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
def test_texts_that_cannot_be_stored_name_their_field(
    api: TestClient, worker: FakeWorker, db: Database, bad: str
) -> None:
    run = create_run(db)
    prompt = {"data": {"kind": "arithmetic", "prompt": {"system_prompt": bad}}}
    options = {"data": {"kind": "reasoning_gym", "task_options": {"deep": [bad]}}}
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", RUNS, {"config": {}, "name": bad}, "name"),
        ("POST", RUNS, {"config": {}, "tags": [bad]}, "tags"),
        ("POST", RUNS, {"config": {}, "notes": bad}, "notes"),
        ("POST", RUNS, {"config": {}, "preset": bad}, "preset"),
        ("POST", RUNS, {"config": prompt}, "config.data.prompt.system_prompt"),
        ("POST", RUNS, {"config": options}, "config.data.task_options"),
        ("PATCH", f"{RUNS}/{run}", {"notes": bad}, "notes"),
        ("POST", f"{RUNS}/{run}/stop", {"reason": bad}, "reason"),
        ("POST", f"{RUNS}/{run}/clone", {"overrides": {"model.model_revision": bad}}, "overrides"),
        ("POST", f"{API}/tokens", {"name": bad}, "name"),
        ("POST", f"{API}/metrics/query", {"runs": [bad]}, "runs"),
        ("POST", f"{API}/metrics/query", {"runs": [run], "keys": [bad]}, "keys"),
        ("POST", f"{API}/auth/login", {"code": bad}, "code"),
    ]
    for method, path, body, field in bodies:
        answer = api.request(method, path, content=json.dumps(body), headers=JSON)
        assert code_of(answer) == (422, "invalid"), (method, path, body)
        assert answer.json()["errors"][0]["path"].startswith(field), answer.text
    claim = {"claim_id": f"{bad}123456789", "worker_id": worker.id, "queue": "cpu", "slot": 0}
    answer = worker.client.post(f"{API}/worker/claims", content=json.dumps(claim), headers=JSON)
    assert code_of(answer) == (422, "invalid")


def test_names_are_stripped_and_not_empty(api: TestClient) -> None:
    assert code_of(api.post(RUNS, json={"config": {}, "name": "   "})) == (422, "invalid")
    long = api.post(RUNS, json={"config": {}, "name": "x" * 201}).json()
    assert "at most 200 characters" in long["detail"]
    made = api.post(RUNS, json={"config": {}, "name": " x ", "tags": [" t\n"]}).json()
    assert (made["name"], made["tags"]) == ("x", ["t"])


@pytest.mark.parametrize("name", ["two\nlines", "bell\a", "\x1b[31mred"])
def test_control_characters_have_no_place_in_names_and_tags(api: TestClient, name: str) -> None:
    for body in ({"name": name}, {"tags": [name]}):
        answer = api.post(RUNS, json={"config": config(), **body})
        assert code_of(answer) == (422, "invalid")
    made = api.post(RUNS, json={"config": config(), "notes": name}).json()
    assert made["notes"] == name


def test_no_address_holds_a_nul_character(app: FastAPI, api: TestClient, db: Database) -> None:
    run = create_run(db)
    for path in (
        f"{RUNS}/%00",
        f"{RUNS}?q=%00",
        f"{RUNS}/{run}/logs?q=a%00",
        f"{RUNS}/{run}/checkpoints/%00/files/x",
        f"{API}/compare?runs=%00",
        f"{API}/stream?runs=%00",
    ):
        assert code_of(api.get(path)) == (400, "bad-request"), path


def test_an_origin_that_is_no_address_is_foreign(api: TestClient) -> None:
    answer = api.get(RUNS, headers={"Origin": "http://[::1"})
    assert code_of(answer) == (403, "origin-not-allowed")


@pytest.mark.parametrize("host", ["", "127.0.0.1:8000@evil.example", "[::1]evil", "localhost.evil"])
def test_a_host_that_only_begins_like_ours_is_foreign(api: TestClient, host: str) -> None:
    assert code_of(api.get(RUNS, headers={"Host": host})) == (403, "host-not-allowed")


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("created_at", "2026-01-01T00:00:00+99:00"),
        ("created_at", "0001-01-01T00:00:00+14:00"),
        ("created_at", 5),
        ("name", "\ud800"),
        ("name", "a\0"),
        ("step", 10**400),
        ("step", float("inf")),
        ("step", 2**31),
        ("priority", float("nan")),
        ("last_reward", float("nan")),
        ("status", "nonsense"),
    ],
)
def test_a_forged_cursor_is_refused(api: TestClient, sort: str, value: object) -> None:
    answer = api.get(RUNS, params={"sort": sort, "cursor": forged(sort, value, "0" * 12)})
    assert code_of(answer) == (422, "invalid")


def test_forged_cursors_of_tokens_are_refused(api: TestClient) -> None:
    for parts in (("0001-01-01T00:00:00+14:00", "x"), (5, "x"), ("2026-01-01", "\0")):
        answer = api.get(f"{API}/tokens", params={"cursor": forged(*parts)})
        assert code_of(answer) == (422, "invalid"), parts
    nested = base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("=")
    answer = api.get(f"{API}/tokens", params={"cursor": nested})
    assert code_of(answer) == (422, "invalid")


def test_pages_sorted_by_the_longest_names_go_on(api: TestClient, db: Database) -> None:
    names = [letter + "😀" * 199 for letter in "abc"]
    for name in names:
        create_run(db, name=name)
    found: list[str] = []
    params = {"sort": "name", "limit": "1"}
    while True:
        page = api.get(RUNS, params=params).json()
        found += [run["name"] for run in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert found == names


def test_numbers_a_worker_cannot_mean_are_refused(worker: FakeWorker) -> None:
    path = f"{API}/worker/{worker.id}/heartbeat"
    for body in ({"counter": 2**63, "busy_slots": 0}, {"counter": 1, "busy_slots": 2**31}):
        assert code_of(worker.client.post(path, json=body)) == (422, "invalid"), body
