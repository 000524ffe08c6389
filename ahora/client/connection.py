"""Where the server is, and with which token."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ahora.client.errors import NotConfiguredError
from ahora.home import Home

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Connection:
    """A server's address and a token for it."""

    url: str
    """Scheme, host and port, without a path."""
    token: str = field(repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that no proxy must come between."""
        return urlsplit(self.url).hostname in _LOOPBACK


def find_connection(
    url: str | None = None, token: str | None = None, home: Path | str | None = None
) -> Connection:
    """Complete what is given: from AHORA_URL and AHORA_TOKEN or AHORA_TOKEN_FILE unless `home` is given,
    then from the running stack of the home. The home's token goes only to its own stack, or to this machine.

    Raises:
        NotConfiguredError: an address or a token is missing, or the address is no http(s) URL.
    """
    found_home = Home.find(home)
    environ = os.environ if home is None else {}
    stack_url = found_home.stack_url()
    address = url or environ.get("AHORA_URL") or stack_url
    if not address:
        raise NotConfiguredError(
            f"No stack runs on this machine (looked in {found_home.root}). Start one with `ahora up`, "
            "or set AHORA_URL and AHORA_TOKEN to use a server."
        )
    address = _normalised(address)
    secret = token or environ.get("AHORA_TOKEN") or _from_file(environ.get("AHORA_TOKEN_FILE"))
    if not secret and (address == stack_url or Connection(address, "").is_local):
        secret = found_home.user_token()
    if not secret:
        raise NotConfiguredError(
            f"No token for {address}: set AHORA_TOKEN, or AHORA_TOKEN_FILE to a file that holds it. "
            "Whoever runs the server makes one with `ahora token create NAME`."
        )
    if not (secret.isascii() and secret.isprintable()):
        raise NotConfiguredError(
            f"The token for {address} has characters that no token has: copy it again."
        )
    return Connection(address, secret)


def _normalised(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotConfiguredError(f"{address!r} is no address of a server: write http://HOST:PORT.")
    return f"{parts.scheme}://{parts.netloc}"


def _from_file(path: str | None) -> str | None:
    if not path:
        return None
    try:
        return Path(path).expanduser().read_text().strip()
    except OSError as error:
        raise NotConfiguredError(f"AHORA_TOKEN_FILE cannot be read: {error}") from error
