"""Engine and transactions.

Routers open one transaction a request, in the function that does the work, and so in one thread:
``with database.write() as session:``. Services and repositories get the session and never commit.

SQLite allows one writer. `write` takes the write lock at the start (BEGIN IMMEDIATE: a busy timeout
does not cover the upgrade of a reader), and threads of this process queue for it on a mutex, which is
fairer and far quicker than SQLite's own polling. Do not open a `write` inside another.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from backend.db.aggregates import SampleDeviation

BUSY_SECONDS = 30.0
"""How long a transaction waits for another process's write lock on SQLite."""

IDLE_SECONDS = 1.0
"""How long a connection to PostgreSQL lies idle before it is asked whether it is still there."""

_IMMEDIATE = "ahora_begin_immediate"


class Database:
    """The database at `url` (``sqlite:///file`` or ``postgresql+psycopg://...``)."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        self._writing = self.engine.execution_options(**{_IMMEDIATE: True})
        # read committed sees each statement's own moment anyway: two round trips less
        self._reading = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self.listeners: list[Callable[[frozenset[str]], None]] = []
        """Called after each commit that touched the journals of runs, with their ids."""
        self._mutex: contextlib.AbstractContextManager[Any] = (
            threading.Lock() if self.is_sqlite else contextlib.nullcontext()
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: one snapshot on SQLite, read committed on PostgreSQL."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block, or rolled back by an error.
        What `after_commit` was given runs afterwards, outside the transaction."""
        with self._mutex, Session(self._writing, expire_on_commit=False) as session:
            with session.begin():
                yield session
            callbacks, touched = _callbacks(session), frozenset(_touched(session))
        for callback in callbacks:
            callback()
        if touched:
            for listener in self.listeners:
                listener(touched)

    @contextlib.contextmanager
    def connect_for_write(self) -> Iterator[Connection]:
        """A bare connection in a write transaction, for migrations."""
        with self._mutex, self._writing.begin() as connection:
            yield connection

    def ping(self) -> None:
        """Raises SQLAlchemy's error when the database cannot be reached."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Call `callback` once the transaction of `session` is committed (ring, wake up a stream)."""
    _callbacks(session).append(callback)


def _callbacks(session: Session) -> list[Callable[[], None]]:
    return cast(list[Callable[[], None]], session.info.setdefault("after_commit", []))


def touch(session: Session, run_id: str) -> None:
    """Note that this transaction writes to the journal of a run: see `Database.listeners`."""
    _touched(session).add(run_id)


def _touched(session: Session) -> set[str]:
    return cast(set[str], session.info.setdefault("touched_runs", set()))


class _SqliteConnection(Protocol):
    isolation_level: str | None

    def execute(self, sql: str) -> object: ...

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: type) -> None: ...


def _sqlite(url: str) -> Engine:
    # a thread holds at most one connection, so the pool need not be larger than the thread pool
    engine = create_engine(
        url, pool_size=20, max_overflow=40, connect_args={"timeout": BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def connect(connection: _SqliteConnection, _record: object) -> None:
        # no implicit BEGIN by the driver: `begin` below decides which one
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")  # safe with WAL, set by `migrate`
        connection.execute("PRAGMA cache_size = -65536")
        connection.create_aggregate("stddev_samp", 1, SampleDeviation)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(_IMMEDIATE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    """An engine that asks a connection whether it still is one, unless it was used just now."""
    # more would be closed after each use, and several API processes share the server's 100
    engine = create_engine(url, pool_size=24, max_overflow=0)

    @event.listens_for(engine, "checkin")
    def checkin(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: PoolProxiedConnection, record: ConnectionPoolEntry, _: object) -> None:
        idle = time.monotonic() - record.info.get("used", time.monotonic())
        if idle > IDLE_SECONDS and not _is_there(engine, connection):
            raise DisconnectionError  # the pool connects anew

    return engine


def _is_there(engine: Engine, connection: PoolProxiedConnection) -> bool:
    try:
        return bool(engine.dialect.do_ping(connection))
    except engine.dialect.loaded_dbapi.Error:
        return False
