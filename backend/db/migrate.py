"""Bringing the tables to this version; safe when several processes start at once."""

import sqlite3
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from backend.db.engine import BUSY_SECONDS, Database

SCRIPTS = Path(__file__).parents[2] / "migrations"
_LOCK = 0x41686F7261  # "Ahora"; any number nobody else locks


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction that others wait for."""
    if database.is_sqlite:
        _use_wal(database)
    with database.connect_for_write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether the tables are of this version."""
    scripts = ScriptDirectory(str(SCRIPTS))
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(scripts.get_heads())


def _use_wal(database: Database) -> None:
    """Readers go on while one writes. The file remembers it; the switch itself waits for nobody."""
    file = database.url.database
    assert file is not None
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            connection.close()
