"""From an empty database to the tables the models describe, also by several processes at once."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, make_url, text

from backend.db import Base, Database
from backend.db.migrate import is_current, migrate
from tests.backend import postgres

_number = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{next(_number)}"
    with postgres.connect(server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_migrations_make_what_the_models_describe(empty: str) -> None:
    database = Database(empty)
    assert not is_current(database)
    migrate(database)
    migrate(database)
    assert is_current(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {
            *Base.metadata.tables,
            "alembic_version",
        }
    database.dispose()


def test_several_processes_may_start_at_once(empty: str) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def process() -> None:
        database = Database(empty)
        start.wait()
        try:
            migrate(database)
            assert is_current(database)
        except BaseException as error:
            errors.append(error)
        finally:
            database.dispose()

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_sqlite_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ahora.db'}")
    migrate(database)
    with database.write() as writer:
        writer.execute(text("INSERT INTO projects (name, created_at) VALUES ('p', '2026-01-01')"))
        with database.read() as reader:
            assert reader.execute(text("SELECT count(*) FROM projects")).scalar() == 0
    with database.read() as reader:
        assert reader.execute(text("SELECT count(*) FROM projects")).scalar() == 1
    database.dispose()
