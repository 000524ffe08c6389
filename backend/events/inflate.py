"""Bodies that may be compressed, and are bounded before and after."""

import zlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from ahora.schemas.workers import MAX_BATCH_BYTES
from backend.errors import BadRequest, BodyTooLarge


class InflatingRoute(APIRoute):
    """A route whose body may come with ``Content-Encoding: gzip``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given the inflated body."""
        handler = super().get_route_handler()

        async def inflating(request: Request) -> Response:
            body = await read_body(request, MAX_BATCH_BYTES)

            async def receive() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handler(Request(request.scope, receive))

        return inflating


async def read_body(request: Request, limit: int) -> bytes:
    """The body, inflated, of at most `limit` bytes. Raises `BadRequest` and `BodyTooLarge`."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise BadRequest(f"Content-Encoding {encoding!r} is not read here: send 'gzip' or none.")
    inflater = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    parts: list[bytes] = []
    room = limit
    async for block in request.stream():
        try:
            part = block if inflater is None else inflater.decompress(block, room + 1)
        except zlib.error as error:
            raise BadRequest(f"The body is not valid gzip: {error}.") from None
        room -= len(part)
        if room < 0:
            raise BodyTooLarge(
                f"The body is larger than {limit} bytes: send the events in smaller batches."
            )
        parts.append(part)
    if inflater is not None and not inflater.eof:
        raise BadRequest("The body is not valid gzip: it ends too early.")
    return b"".join(parts)
