"""What the command line of the backend does."""

import contextlib
import getpass
import os
import sys
from pathlib import Path

import uvicorn

from backend.app import create_app
from backend.auth import service
from backend.db import Database
from backend.db.migrate import migrate
from backend.housekeeping import command
from backend.settings import Settings
from backend.stream.server import Server


def prepare(settings: Settings) -> Database:
    """The database, with its tables brought to this version."""
    if not settings.database_url:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    migrate(database)
    return database


def serve(settings: Settings, *, embedded: bool) -> None:
    """Serve until a signal ends it. `embedded` makes the tokens of a one-machine stack."""
    database = prepare(settings)
    if embedded:
        _make_secrets(settings, database)
    database.dispose()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,  # a download that nobody reads would hold it up for ever
    )
    server = Server(config, app)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


def make_token(settings: Settings, kind: str, name: str) -> str:
    """The secret of a new token."""
    database = prepare(settings)
    with database.write() as session:
        _, secret = service.create_token(session, name, kind)
    database.dispose()
    return secret


def login_url(settings: Settings, name: str) -> str:
    """A URL that logs one browser in as `name`."""
    database = prepare(settings)
    with database.write() as session:
        code = service.create_login_code(session, name, token_id=None)
    database.dispose()
    return f"http://{settings.host}:{settings.port}/login?code={code}"


def keep_house(settings: Settings, *, delete: bool, foreign: bool) -> None:
    """List, or delete, what lies in the artifact store without use."""
    database = prepare(settings)
    command.run(database, settings, delete=delete, foreign=foreign)
    database.dispose()


def write_secret(file: Path, secret: str) -> None:
    """Write a secret that only its owner may read, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secret + "\n")
    partial.replace(file)


def _make_secrets(settings: Settings, database: Database) -> None:
    names = {"user": getpass.getuser(), "worker": "local worker"}
    for kind, name in names.items():
        file = settings.home / "secrets" / f"{kind}.token"
        if file.exists() and service.find_token(database, file.read_text().strip()) is not None:
            continue
        with database.write() as session:
            _, secret = service.create_token(session, name, kind)
        write_secret(file, secret)
