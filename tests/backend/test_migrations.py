"""From an empty database to the tables the models describe, also by several processes at once."""

import threading
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from backend.db import Base, Database
from backend.db.migrate import is_current, migrate


def test_migrations_make_what_the_models_describe(empty_database_url: str) -> None:
    database = Database(empty_database_url)
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


def test_several_processes_may_start_at_once(empty_database_url: str) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def process() -> None:
        database = Database(empty_database_url)
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
