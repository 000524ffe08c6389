"""Who may call what: every route and method, tokens, codes, sessions, Host and Origin."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from starlette.testclient import TestClient

from backend.db import Database, utcnow
from backend.db.models import LoginCode, LoginSession, Token
from backend.openapi import describe
from tests.backend.support import API, BASE, FakeWorker, code_of, create_run

OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("POST", f"{API}/auth/login")}
Connect = Callable[..., TestClient]


def routes(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Method, path with its parameters filled in, and who may call: user, worker, attempt."""
    for path, operations in describe(app)["paths"].items():
        for method, operation in operations.items():
            schemes = {name for way in operation.get("security", []) for name in way}
            kind = next(
                (name for name in ("user", "worker", "attempt") if f"{name}Token" in schemes), ""
            )
            yield method.upper(), re.sub(r"{\w+}", "x", path), kind
    yield "GET", f"{API}/openapi.json", "user"


def test_the_walk_sees_every_documented_route(app: FastAPI) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    written = set(re.findall(r"^\| `(\w+) (\S+?)` \| `(\w+)`", text, re.MULTILINE))
    found = {
        (method.upper(), path.removeprefix(API), operation["operationId"])
        for path, operations in describe(app)["paths"].items()
        for method, operation in operations.items()
        if path.startswith(API)
    }
    assert found == written


def test_every_route_refuses_no_token_wrong_tokens_and_tokens_of_another_kind(
    app: FastAPI, connect: Connect, db: Database
) -> None:
    anonymous, user, worker = connect(), connect("user"), connect("worker")
    bench = FakeWorker(worker).register()
    create_run(db)
    attempt = {"Authorization": f"Bearer {bench.job()['attempt_token']}"}
    unknown = {"Authorization": "Bearer ahu_unknown"}
    seen = set()
    for method, path, kind in routes(app):
        seen.add((method, path))
        if (method, path) in OPEN:
            assert kind == ""
            continue
        call = f"{method} {path}"
        assert kind, call
        assert code_of(anonymous.request(method, path)) == (401, "unauthorized"), call
        assert code_of(anonymous.request(method, path, headers=unknown)) == (401, "unauthorized"), (
            call
        )
        for other, client in (("user", user), ("worker", worker)):
            if kind != other:
                assert client.request(method, path).status_code in {401, 403}, call
        if kind != "attempt":
            refused = anonymous.request(method, path, headers=attempt)
            assert refused.status_code in {401, 403}, call
    assert seen >= OPEN


def test_every_route_refuses_a_foreign_host_or_origin(app: FastAPI, api: TestClient) -> None:
    paths = [(method, path) for method, path, _ in routes(app)]
    for method, path in [*paths, ("GET", "/"), ("GET", "/login"), ("GET", "/nowhere")]:
        foreign_host = api.request(method, path, headers={"Host": "evil.example"})
        assert code_of(foreign_host) == (403, "host-not-allowed"), (method, path)
        for origin in ("http://evil.example", "http://127.0.0.1:9999", "null"):
            answer = api.request(method, path, headers={"Origin": origin})
            assert code_of(answer) == (403, "origin-not-allowed"), (method, path, origin)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_our_own_names_are_accepted(api: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host.lower()}"}
    assert api.get(f"{API}/auth/me", headers=headers).status_code == 200


def test_an_attempt_token_opens_only_its_own_attempt(connect: Connect, db: Database) -> None:
    bench = FakeWorker(connect("worker")).register()
    create_run(db)
    create_run(db)
    first, second = bench.job(), bench.job(slot=1)
    mixed = {**first, "attempt_token": second["attempt_token"]}
    assert code_of(bench.attempt_beat(mixed, 1)) == (401, "unauthorized")
    assert bench.attempt_beat(first, 1).status_code == 200


def test_a_login_code_makes_one_session(api: TestClient, connect: Connect) -> None:
    code = api.post(f"{API}/auth/login-codes").json()
    browser = connect()
    answer = browser.get(code["path"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert browser.get(f"{API}/auth/me").json()["name"] == "tester"
    assert browser.get(code["path"]).status_code == 303, "the same link again, logged in already"

    other = connect()
    refused = other.get(code["path"])
    assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
    assert "ahora login-url" in refused.text
    assert code_of(other.post(f"{API}/auth/login", json={"code": code["code"]}))[0] == 401


def test_a_code_can_be_exchanged_by_post_and_a_session_ends(
    api: TestClient, connect: Connect
) -> None:
    browser = connect()
    code = api.post(f"{API}/auth/login-codes").json()["code"]
    assert browser.post(f"{API}/auth/login", json={"code": code}).json()["kind"] == "user"
    held = browser.cookies["ahora_session"]
    assert browser.post(f"{API}/auth/logout").status_code == 204
    answer = connect().get(f"{API}/auth/me", headers={"Cookie": f"ahora_session={held}"})
    assert code_of(answer) == (401, "unauthorized")


def test_codes_and_sessions_expire(api: TestClient, connect: Connect, db: Database) -> None:
    code = api.post(f"{API}/auth/login-codes").json()["path"]
    with db.write() as session:
        session.execute(update(LoginCode).values(expires_at=utcnow() - timedelta(seconds=1)))
    assert connect().get(code).status_code == 401

    browser = connect()
    browser.get(api.post(f"{API}/auth/login-codes").json()["path"])
    with db.write() as session:
        session.execute(update(LoginSession).values(expires_at=utcnow() - timedelta(seconds=1)))
    assert browser.get(f"{API}/auth/me").status_code == 401


def test_tokens_are_made_listed_and_revoked_with_their_sessions(
    api: TestClient, connect: Connect, db: Database
) -> None:
    made = api.post(f"{API}/tokens", json={"name": "laptop"})
    assert made.status_code == 201
    token = made.json()
    bearer = {"Authorization": f"Bearer {token['secret']}"}
    client = connect()
    assert client.get(f"{API}/auth/me", headers=bearer).json()["name"] == "laptop"
    browser = connect()
    browser.get(client.post(f"{API}/auth/login-codes", headers=bearer).json()["path"])
    assert browser.get(f"{API}/auth/me").status_code == 200

    listed = api.get(f"{API}/tokens").json()["items"]
    assert [entry["name"] for entry in listed] == ["laptop", "tester"]
    assert all(
        set(entry) == {"id", "name", "kind", "created_at", "last_used_at"} for entry in listed
    )
    assert listed[0]["last_used_at"] is not None
    with db.read() as session:
        assert token["secret"] not in str([vars(row) for row in session.scalars(select(Token))])

    assert api.delete(f"{API}/tokens/{token['id']}").status_code == 204
    assert client.get(f"{API}/auth/me", headers=bearer).status_code == 401
    assert browser.get(f"{API}/auth/me").status_code == 401
    assert code_of(api.delete(f"{API}/tokens/{token['id']}")) == (404, "token-not-found")


def test_tokens_come_in_pages(api: TestClient) -> None:
    for number in range(4):
        api.post(f"{API}/tokens", json={"name": f"t{number}"})
    names, cursor = [], None
    while True:
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get(f"{API}/tokens", params=params).json()
        names += [entry["name"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["t3", "t2", "t1", "t0", "tester"]
    assert code_of(api.get(f"{API}/tokens", params={"cursor": "?!"})) == (422, "invalid")


def test_answers_carry_the_security_headers(api: TestClient) -> None:
    for answer in (api.get("/healthz"), api.get(f"{API}/nothing"), api.get("/")):
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert api.get(f"{API}/runs").headers["Cache-Control"] == "no-store"


def test_a_cookie_over_https_is_secure(api: TestClient, app: FastAPI) -> None:
    code = api.post(f"{API}/auth/login-codes").json()["path"]
    browser = TestClient(app, base_url=BASE.replace("http", "https"), follow_redirects=False)
    assert "Secure" in browser.get(code).headers["set-cookie"]
