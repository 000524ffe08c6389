"""Reading the live stream without HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.sse import ServerSentEvent

from backend.auth import service as auth
from backend.auth.principal import Principal
from backend.db import Database
from backend.stream.hub import Hub
from backend.stream.service import Reader

SECONDS = 20.0


def make_user(db: Database) -> Principal:
    """Whoever reads."""
    with db.write() as session:
        token, secret = auth.create_token(session, "reader", "user")
    return Principal(name="reader", kind="user", token_id=token.id, secret=secret)


@asynccontextmanager
async def reading(db: Database, user: Principal) -> AsyncIterator[Reader]:
    """A reader at a hub of this event loop."""
    made = Hub(db)
    await made.start()
    yield Reader(db=db, hub=made, user=user)
    await made.stop()


async def until_ready(events: AsyncIterator[ServerSentEvent]) -> list[ServerSentEvent]:
    found = []
    async with asyncio.timeout(SECONDS):
        async for event in events:
            found.append(event)
            if event.event == "ready":
                return found
    raise AssertionError("the stream ended before it was ready")


async def following(events: AsyncIterator[ServerSentEvent]) -> ServerSentEvent:
    async with asyncio.timeout(SECONDS):
        return await anext(events)
