"""Errors as problems, limits, compression, health, the description, and the dashboard's files."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from ahora.schemas.workers import MAX_BATCH_BYTES
from backend.app import create_app
from backend.db import Database
from backend.guard import MAX_BODY_BYTES
from backend.openapi import describe
from backend.settings import Settings
from tests.backend.support import API, BASE, FakeWorker, code_of, create_run

Connect = Callable[..., TestClient]


def test_unknown_paths_and_methods_are_problems(api: TestClient) -> None:
    assert code_of(api.get(f"{API}/nothing")) == (404, "not-found")
    assert code_of(api.get("/api")) == (404, "not-found")
    answer = api.put(f"{API}/runs")
    assert code_of(answer) == (405, "method-not-allowed")
    assert code_of(api.post("/")) == (405, "method-not-allowed")


def test_a_query_that_is_wrong_names_its_parameter(api: TestClient) -> None:
    answer = api.get(f"{API}/runs", params={"limit": 0, "status": "nonsense"})
    assert code_of(answer) == (422, "invalid")
    assert {error["path"] for error in answer.json()["errors"]} == {"limit", "status.0"}


def test_a_large_body_is_refused(api: TestClient) -> None:
    big = b'{"notes": "' + b"x" * MAX_BODY_BYTES + b'"}'
    assert code_of(api.post(f"{API}/runs", content=big)) == (413, "body-too-large")
    pieces = (big[start : start + 65536] for start in range(0, len(big), 65536))
    assert code_of(api.post(f"{API}/runs", content=pieces)) == (413, "body-too-large")


def test_events_may_be_larger_but_not_without_end(db: Database, worker: FakeWorker) -> None:
    create_run(db)
    job = worker.job()
    path = f"{API}/worker/attempts/{job['attempt_id']}/events"
    headers = {"Authorization": f"Bearer {job['attempt_token']}"}
    spaces = b" " * (MAX_BODY_BYTES + 1)
    answer = worker.client.post(path, content=spaces, headers=headers)
    assert answer.status_code in {400, 422}
    bomb = gzip.compress(b" " * (MAX_BATCH_BYTES + 1))
    answer = worker.client.post(path, content=bomb, headers={**headers, "Content-Encoding": "gzip"})
    assert code_of(answer) == (413, "body-too-large")


def test_a_failure_inside_is_a_problem_that_tells_nothing(
    app: FastAPI, api: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret detail")

    answer = api.get("/broken")
    assert code_of(answer) == (500, "internal-error")
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "a secret detail" in caplog.text


def test_long_answers_are_compressed(api: TestClient) -> None:
    answer = api.get(f"{API}/config/schema", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["title"] == "RunConfig"


def test_health(connect: Connect, db: Database) -> None:
    client = connect()
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["status"] == "ok"
    with db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = client.get("/readyz")
    assert code_of(answer) == (503, "database-unavailable")
    assert "migrate" in answer.json()["detail"]


def test_a_database_that_is_away_is_a_503(tmp_path: Path) -> None:
    away = f"postgresql+psycopg://nobody@/none?host={tmp_path}"
    app = create_app(Settings(home=tmp_path, database_url=away, redis_url=""))
    client = TestClient(app, base_url=BASE)
    assert code_of(client.get("/readyz")) == (503, "database-unavailable")
    answer = client.get(f"{API}/runs", headers={"Authorization": "Bearer ahu_x"})
    assert code_of(answer) == (503, "database-unavailable")
    assert client.get("/healthz").status_code == 200


def test_the_description_is_whole(app: FastAPI) -> None:
    document = describe(app)
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(set(names)) == len(names)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            answers = operation["responses"]
            assert operation["description"], where
            assert {"403", "500", "503"} <= set(answers), where
            if path.startswith(f"{API}/") and path != f"{API}/auth/login":
                assert "401" in answers, where
            if "requestBody" in operation:
                assert {"400", "413", "422"} <= set(answers), where
            for status, answer in answers.items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], where
                    assert "/problems/" in answer["description"], where
    assert "HTTPValidationError" not in str(document)


@pytest.fixture
def dashboard(settings: Settings) -> Path:
    folder = settings.dashboard
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the page</title>")
    (folder / "assets" / "app-1a2b.js").write_text("// code")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder.parent / "outside.txt").write_text("a secret")
    return folder


def test_the_dashboard_is_served_with_its_addresses(dashboard: Path, connect: Connect) -> None:
    client = connect()
    for path in ("/", "/runs/abc", "/compare?runs=a,b", "/index.html", "/login"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-cache", path
        assert "the page" in answer.text
    script = client.get("/assets/app-1a2b.js")
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["content-type"].startswith("text/javascript")
    assert client.get("/favicon.svg").headers["content-type"].startswith("image/svg+xml")
    assert client.get("/assets/gone.js").status_code == 404
    assert client.head("/").status_code == 200


def test_no_path_leaves_the_dashboard(dashboard: Path, connect: Connect) -> None:
    client = connect()
    for path in (
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "//etc/passwd",
        "/a%00b",
    ):
        answer = client.get(path)
        assert "secret" not in answer.text
        assert "root:" not in answer.text


def test_without_a_build_the_page_says_what_to_do(connect: Connect) -> None:
    answer = connect().get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text
