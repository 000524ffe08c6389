"""Bodies that may be compressed, bounded before and after, and only so many of them in memory at once.

A batch of events is many times its size once it is read, and batches wait for each other at the
database. So they are unpacked one after another when it is their turn: until then a batch is the
few bytes that came, and behind those the worker's connection waits.
"""

import asyncio
import zlib
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from ahora.schemas.workers import MAX_BATCH_BYTES
from backend.errors import BadRequest, BodyTooLarge

AT_ONCE = 8
"""Bodies that are unpacked at one time, in each process."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class InflatingRoute(APIRoute):
    """A route whose body may come with ``Content-Encoding: gzip``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given the inflated body."""
        handler = super().get_route_handler()

        async def inflating(request: Request) -> Response:
            packed = await read_body(request, MAX_BATCH_BYTES)
            async with _turn():
                body = inflate(request, packed, MAX_BATCH_BYTES)

                async def receive() -> Message:
                    return {"type": "http.request", "body": body, "more_body": False}

                return await handler(Request(request.scope, receive))

        return inflating


def _turn() -> asyncio.Semaphore:
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def read_body(request: Request, limit: int) -> bytes:
    """The body as it came, of at most `limit` bytes. Raises `BodyTooLarge`."""
    parts: list[bytes] = []
    room = limit
    async for block in request.stream():
        room -= len(block)
        if room < 0:
            raise _too_large(limit)
        parts.append(block)
    return b"".join(parts)


def inflate(request: Request, packed: bytes, limit: int) -> bytes:
    """The body, unpacked, of at most `limit` bytes. Raises `BadRequest` and `BodyTooLarge`."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return packed
    if encoding != "gzip":
        raise BadRequest(f"Content-Encoding {encoding!r} is not read here: send 'gzip' or none.")
    inflater = zlib.decompressobj(wbits=31)
    try:
        body = inflater.decompress(packed, limit + 1)
    except zlib.error as error:
        raise BadRequest(f"The body is not valid gzip: {error}.") from None
    if len(body) > limit:
        raise _too_large(limit)
    if not inflater.eof:
        raise BadRequest("The body is not valid gzip: it ends too early.")
    return body


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than {limit} bytes: send the events in smaller batches."
    )
