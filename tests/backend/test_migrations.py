"""From an empty database to the tables the models describe, also by several processes at once."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import zstandard
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect, text

from backend.db import Base, Database
from backend.db.migrate import SCRIPTS, is_current, migrate
from backend.rollouts import measures
from backend.rollouts import repository as rollouts


def test_migrations_make_what_the_models_describe(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert not is_current(database)
    migrate(database)
    migrate(database)
    assert is_current(database)
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _is_comparable(database)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {
            *Base.metadata.tables,
            "alembic_version",
        }
    database.dispose()


def _is_comparable(database: Database) -> Callable[..., bool]:
    """Alembic cannot read from SQLite that an index is in descending order."""
    return lambda _, name, *__: not (database.is_sqlite and name == "ix_runs_handed_out")


def test_rollouts_stored_before_get_their_measures(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    completion = {"tokens": ["a", "b"], "reward": 0.5, "correct": True, "truncated": True}
    unscored = completion | {"reward": None, "correct": False, "tokens": []}
    group = {"prompt_id": "p\0", "completions": [completion, unscored]}
    with database.connect_for_write() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        known = MetaData()
        known.reflect(connection, only=["projects", "runs", "rollout_groups"])
        data = zstandard.ZstdCompressor().compress(json.dumps(group).encode())
        _insert(connection, known.tables["projects"], name="default")
        _insert(
            connection, known.tables["runs"], id="a", project="default", kind="train", config={}
        )
        _insert(connection, known.tables["rollout_groups"], run_id="a", data=data)
    migrate(database)
    with database.read() as session:
        (row,) = rollouts.visible(session, "a", {})
    assert row.prompt_id == "p\ufffd"
    found = measures.unpack([row.measures])
    assert (found["length"].tolist(), found["flags"].tolist()) == ([2, 0], [3, 2])
    assert found["reward"][0] == 0.5
    assert np.isnan(found["reward"][1])
    database.dispose()


def _insert(connection: Connection, table: Table, **values: object) -> None:
    """A row with something in each column that wants it."""
    for column in table.columns:
        if not column.nullable and column.server_default is None:
            filler = {str: "x", datetime: datetime.now(UTC), bool: True, bytes: b""}
            kind = column.type.python_type
            values.setdefault(column.name, filler.get(kind, [] if kind is dict else 1))
    connection.execute(table.insert().values(values))


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
