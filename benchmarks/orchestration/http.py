"""POST over kept connections with as little work as possible: on a machine that client and server share,
a general client takes as much of it as the server does."""

import asyncio
import json
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


class FailedError(Exception):
    """The API did not answer with success."""


class Connection:
    """One kept connection to the API; a context manager."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._address = (parts.hostname, parts.port)
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> "Connection":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    async def post(
        self, path: str, body: Any, *, token: str = "", headers: dict[str, str] | None = None
    ) -> Any:
        """The answer to `body`; as a worker does it: tried again when the connection breaks, which every
        route here allows. Raises `FailedError`."""
        content = json.dumps(body).encode()
        lines = [
            f"POST /api/v1{path} HTTP/1.1",
            f"Host: {self._address[0]}:{self._address[1]}",
            f"Authorization: Bearer {token or self._token}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        request = "\r\n".join([*lines, "", ""]).encode() + content
        while True:
            try:
                return await self._answer(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                self._close()

    async def _answer(self, request: bytes) -> Any:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:] if line)
        content = await reader.readexactly(int(fields.get("content-length", "0")))
        status = int(head[0].split()[1])
        if not 200 <= status < 300:
            raise FailedError(f"{status}: {content.decode(errors='replace')}")
        if fields.get("connection") == "close":
            self._close()
        return json.loads(content) if content else None

    def _close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
