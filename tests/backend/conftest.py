"""The application on a fresh SQLite file and on a fresh PostgreSQL database."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import make_url
from starlette.testclient import TestClient

from backend.app import create_app
from backend.auth import service
from backend.db import Database
from backend.db.migrate import migrate
from backend.settings import Settings
from tests.backend import postgres
from tests.backend.support import BASE, FakeWorker

_number = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a database that has been migrated; tests get copies of it."""
    with postgres.connect(postgres_server) as connection:
        connection.execute("CREATE DATABASE ahora_template")
    _migrated(_named(postgres_server, "ahora_template"))
    return "ahora_template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "ahora.db"
    _migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of its own for each test, on both kinds."""
    if request.param == "sqlite":
        file = tmp_path / "ahora.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server = request.getfixturevalue("postgres_server")
    with _postgres_database(server, request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with _postgres_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        database_url=database_url,
        redis_url="",
        store=str(tmp_path / "artifacts"),
        dashboard=tmp_path / "dashboard",
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    """Without its lifespan: tests sweep when they mean to."""
    made = create_app(settings)
    yield made
    made.state.database.dispose()


@pytest.fixture
def db(app: FastAPI) -> Database:
    database: Database = app.state.database
    return database


@pytest.fixture
def connect(app: FastAPI, db: Database) -> Callable[..., TestClient]:
    """Clients of a new token of a kind, or of none: `connect("user")`, `connect()`."""

    def make(kind: str | None = None, name: str = "tester") -> TestClient:
        client = TestClient(app, base_url=BASE, follow_redirects=False)
        if kind is not None:
            with db.write() as session:
                _, secret = service.create_token(session, name, kind)
            client.headers["Authorization"] = f"Bearer {secret}"
        return client

    return make


@pytest.fixture
def api(connect: Callable[..., TestClient]) -> TestClient:
    """A client with a user's token."""
    return connect("user")


@pytest.fixture
def worker(connect: Callable[..., TestClient]) -> FakeWorker:
    """A worker that is registered."""
    return FakeWorker(connect("worker", "bench worker")).register()


@contextmanager
def _postgres_database(server: str, template: str = "template1") -> Iterator[str]:
    name = f"test_{next(_number)}"
    with postgres.connect(server) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield _named(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _migrated(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.dispose()
