"""What every request passes first and every answer last: Host, Origin, body size, headers, failures.

A page of another origin must not use a browser's session. The cookie's SameSite does not see ports, so
on a shared machine another user's server on localhost would count as the same site: `Origin` must be
exactly where the request goes.
"""

import logging
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ahora.schemas.datasets import MAX_DATASET_BYTES
from ahora.schemas.workers import MAX_BATCH_BYTES
from backend.errors import (
    ApiError,
    BadRequest,
    BodyTooLarge,
    HostNotAllowed,
    InternalError,
    OriginNotAllowed,
)
from backend.problems import problem_response

logger = logging.getLogger(__name__)

_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")

MAX_BODY_BYTES = 2 * 1024 * 1024

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
        "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the login link carries a code
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Outermost middleware of our own."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, pass it on, and answer for what fails inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(scope, message)
            await send(message)

        try:
            self._check(Headers(scope=scope))
            _check_address(scope)
            limited = _limited(scope, receive)
            await self._app(scope, limited, send_with_headers)
        except ApiError as error:  # of this middleware, or of a body that grew too large on its way
            if started:
                raise
            await problem_response(error)(scope, receive, send_with_headers)
        except ClientDisconnect:
            logger.debug("the client left during %s %s", scope["method"], scope["path"])
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await problem_response(InternalError())(scope, receive, send_with_headers)

    def _check(self, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        if "*" not in self._hosts and _without_port(host) not in self._hosts:
            raise HostNotAllowed(
                f"This server is not called {_without_port(host)!r}. If it should be, add the name to "
                "AHORA_ALLOWED_HOSTS."
            )
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != host:
            raise OriginNotAllowed(f"Pages of {origin!r} may not use this server.")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""  # no browser's


def _check_address(scope: Scope) -> None:
    """No id and no search holds a NUL character, and PostgreSQL would fail on one."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"] or b"\0" in scope["query_string"]:
        raise BadRequest("The address must not contain a NUL character (%00).")


def _without_port(host: str) -> str:
    match = _HOST.fullmatch(host)
    return match[1] if match is not None else host


def _limited(scope: Scope, receive: Receive) -> Receive:
    """`receive`, which refuses a body larger than its route takes, announced or not."""
    path = scope["path"]
    events = path.startswith("/api/v1/worker/attempts/") and path.endswith("/events")
    upload = path == "/api/v1/datasets"  # goes to disk as it comes
    limit = MAX_BATCH_BYTES if events else MAX_DATASET_BYTES if upload else MAX_BODY_BYTES
    too_large = BodyTooLarge(f"The body may have at most {limit} bytes.")
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limit:
        raise too_large
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise too_large
        return message

    return counting


def _add_headers(scope: Scope, message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/api/") or scope["path"] == "/login":
        headers.setdefault("Cache-Control", "no-store")
