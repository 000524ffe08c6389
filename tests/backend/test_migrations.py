"""From an empty database to the tables the models describe, also by several processes at once."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import zstandard
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect, select, text

from backend.db import Base, Database
from backend.db.migrate import SCRIPTS, is_current, migrate
from backend.db.models import ConfigField, Run
from backend.rollouts import measures
from backend.rollouts import repository as rollouts
from backend.runs.fields import field_values
from backend.runs.method import config_hash, method_hash


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
    with at_revision(database, "0005") as (connection, known):
        data = zstandard.ZstdCompressor().compress(json.dumps(group).encode())
        _insert(connection, known["runs"], id="a", project="default", kind="train", config={})
        _insert(connection, known["rollout_groups"], run_id="a", data=data)
    migrate(database)
    with database.read() as session:
        (row,) = rollouts.visible(session, "a", {})
    assert row.prompt_id == "p\ufffd"
    found = measures.unpack([row.measures])
    assert (found["length"].tolist(), found["flags"].tolist()) == ([2, 0], [3, 2])
    assert found["reward"][0] == 0.5
    assert np.isnan(found["reward"][1])
    database.dispose()


def test_configurations_stored_before_get_their_fields(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    config = {"seed": 0, "max_steps": 5, "algorithm": {"name": "grpo", "scaled": True}, "tags": [1]}
    odd = {"a": {"b": 2}, "a.b": 1, "huge": 10**400, "": None}
    configs = {
        "a": config,
        "b": config | {"seed": 1},
        "c": config | {"max_steps": 6, "options": odd},
        "job": config,
    }
    with at_revision(database, "0009") as (connection, known):
        for run_id, value in configs.items():
            kind = "sample" if run_id == "job" else "train"
            _insert(
                connection, known["runs"], id=run_id, project="default", kind=kind, config=value
            )
    migrate(database)
    with database.read() as session:
        rows = session.execute(select(Run.id, Run.method, Run.config_hash))
        runs = {row.id: row for row in rows}
        stored: dict[str, dict[str, tuple[float | None, str | None]]] = {}
        for field in session.scalars(select(ConfigField)):
            stored.setdefault(field.config, {})[field.path] = (field.number, field.text)
    assert {runs[one].method for one in configs} == {method_hash(config), method_hash(configs["c"])}
    assert runs["a"].config_hash == runs["b"].config_hash != runs["c"].config_hash
    assert runs["job"].config_hash == ""
    assert stored == {config_hash(configs[one]): field_values(configs[one]) for one in ("a", "c")}
    database.dispose()


@contextmanager
def at_revision(database: Database, revision: str) -> Iterator[tuple[Connection, dict[str, Table]]]:
    """The database migrated up to `revision`, with the project `default`, and its tables as they were."""
    with database.connect_for_write() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        known = MetaData()
        known.reflect(connection, only=["projects", "runs", "rollout_groups"])
        _insert(connection, known.tables["projects"], name="default")
        yield connection, dict(known.tables)


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
