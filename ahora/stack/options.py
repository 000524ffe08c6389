"""How a stack is to be started, and the addresses that follow."""

import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ahora.home import Home
from ahora.stack.redis import StackError

DEFAULT_PORT = 8000
PORTS_TRIED = 20
_WILDCARDS = {"0.0.0.0", "::", ""}  # noqa: S104 -- recognised, not bound by default
_PATHS = ("AHORA_DATA_ROOT", "AHORA_MODEL_ROOT", "AHORA_CACHE")


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    host: str = "127.0.0.1"
    port: int | None = None
    """None takes the first free one from 8000."""
    slots: int | None = None
    """CPU runs at once; None lets the worker decide."""

    def url(self, port: int) -> str:
        """Where this machine reaches the API."""
        host = "127.0.0.1" if self.host in _WILDCARDS else self.host
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def free_port(self) -> int:
        """The port to serve on.

        Raises:
            StackError: the port that was asked for is taken, or the host is no address of this machine.
        """
        if self.port is not None:
            if not self._is_free(self.port):
                raise StackError(
                    f"Port {self.port} is in use by another program: stop it, or choose another port "
                    f"(`ahora up --port {self.port + 1}`, `make up PORT={self.port + 1}`)."
                )
            return self.port
        for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
            if self._is_free(port):
                return port
        raise StackError(
            f"Ports {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1} are all in use: "
            "choose one with --port."
        )

    def _is_free(self, port: int) -> bool:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                raise StackError(
                    f"Cannot listen on {self.host}:{port}: {error.strerror or error}."
                ) from error
        return True


def environment(
    home: Home, options: Options, url: str, redis_url: str, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of the stack's processes: the caller's, with addresses and secrets of this stack.

    A server and token the caller's own client uses do not take part.
    """
    result = {
        key: value for key, value in environ.items() if key not in ("AHORA_TOKEN", "AHORA_PORT")
    }
    result |= {
        key: str(Path(environ[key]).expanduser().absolute()) for key in _PATHS if environ.get(key)
    }
    result |= {
        "AHORA_HOME": str(home.root),
        "AHORA_REDIS_URL": redis_url,
        "AHORA_URL": url,
        "AHORA_TOKEN_FILE": str(home.worker_token_file),
        "PYTHONUNBUFFERED": "1",
    }
    if "AHORA_ALLOWED_HOSTS" not in environ:
        result["AHORA_ALLOWED_HOSTS"] = ",".join(_names(options.host))
    return result


def _names(host: str) -> list[str]:
    """The names the API answers to: this machine's own, and the one it is served under."""
    name = socket.gethostname() if host in _WILDCARDS else host
    local = ["localhost", "127.0.0.1", "[::1]"]
    shown = f"[{name}]" if ":" in name else name
    return local if shown in local else [*local, shown]
