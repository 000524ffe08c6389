"""Batches of events wait for their turn before they are unpacked."""

import asyncio
import gzip

import httpx
from fastapi import APIRouter, FastAPI, Request

from backend.events.inflate import AT_ONCE, InflatingRoute


async def test_only_so_many_bodies_are_unpacked_at_once() -> None:
    inside = most = 0
    full = asyncio.Event()
    router = APIRouter(route_class=InflatingRoute)

    @router.post("/")
    async def take(request: Request) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == AT_ONCE:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        size = len(await request.body())
        inside -= 1
        return size

    app = FastAPI()
    app.include_router(router)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        body = gzip.compress(b"x" * 1_000_000)
        headers = {"Content-Encoding": "gzip"}
        sent = [client.post("/", content=body, headers=headers) for _ in range(3 * AT_ONCE)]
        answers = await asyncio.gather(*sent)
    assert [answer.json() for answer in answers] == [1_000_000] * (3 * AT_ONCE)
    assert most == AT_ONCE
