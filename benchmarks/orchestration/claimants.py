"""Many workers at once, as the API sees them: asynchronous HTTP without the work."""

import asyncio
import itertools
import secrets
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from benchmarks.orchestration.http import Connection

SLOTS = 64
"""Slots of each claimant."""


@dataclass(frozen=True)
class Job:
    """A claimed run."""

    run_id: str
    attempt_id: str
    token: str


@dataclass
class Claims:
    """What all claimants got together."""

    jobs: list[Job] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


async def launch(urls: list[str], token: str, count: int, first: int = 0) -> float:
    """Queue `count` runs; how many were stored a second."""
    left = iter(range(first, first + count))

    async def some(url: str) -> None:
        async with Connection(url, token) as http:
            for number in left:
                body = {"name": f"run {number}", "config": {}}
                await http.post("/runs", body, headers={"Idempotency-Key": f"run-{number}"})

    before = time.perf_counter()
    await asyncio.gather(*(some(url) for url in taken(urls, 8)))
    return count / (time.perf_counter() - before)


def taken(urls: list[str], count: int) -> list[str]:
    """`count` times one of `urls`, in turn."""
    return list(itertools.islice(itertools.cycle(urls), count))


async def claim_all(urls: list[str], token: str, claimants: int) -> Claims:
    """Claim until nothing is left."""
    found = Claims()
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(Connection(url, token))
            for url in taken(urls, claimants)
        ]
        ids = [await _register(http, number) for number, http in enumerate(connections)]
        before = time.perf_counter()
        await asyncio.gather(
            *(_claim(http, mine, found) for http, mine in zip(connections, ids, strict=True))
        )
        found.seconds = time.perf_counter() - before
    return found


async def _register(http: Connection, number: int) -> str:
    worker_id = secrets.token_hex(8)
    device: dict[str, object] = {"kind": "cpu", "name": "bench", "memory_gb": 8}
    await http.post(
        "/worker/register",
        {
            "worker_id": worker_id,
            "name": f"claimant-{number}",
            "host": "bench",
            "pid": 1,
            "queues": ["cpu"],
            "slots": SLOTS,
            "devices": [device | {"index": index} for index in range(SLOTS)],
            "store": "bench",
        },
    )
    return worker_id


async def _claim(http: Connection, worker_id: str, found: Claims) -> None:
    for slot in range(SLOTS):
        before = time.perf_counter()
        body = {
            "claim_id": secrets.token_hex(8),
            "worker_id": worker_id,
            "queue": "cpu",
            "slot": slot,
        }
        job = (await http.post("/worker/claims", body))["job"]
        if job is None:
            return
        found.latencies.append(time.perf_counter() - before)
        found.jobs.append(Job(job["run_id"], job["attempt_id"], job["attempt_token"]))


async def heartbeats(urls: list[str], jobs: list[Job], seconds: float, connections: int) -> float:
    """Heartbeats of `jobs` that the API answers a second, from `connections` at once."""
    answered = 0
    end = time.perf_counter() + seconds

    async def beat(url: str, mine: list[Job]) -> None:
        nonlocal answered
        async with Connection(url, "") as http:
            for counter in itertools.count(1):
                for job in mine:
                    path = f"/worker/attempts/{job.attempt_id}/heartbeat"
                    await http.post(path, {"counter": counter}, token=job.token)
                    answered += 1
                    if time.perf_counter() > end:
                        return

    before = time.perf_counter()
    given = [jobs[number::connections] for number in range(connections)]
    where = zip(taken(urls, connections), given, strict=True)
    await asyncio.gather(*(beat(url, mine) for url, mine in where if mine))
    return answered / (time.perf_counter() - before)


async def finish(urls: list[str], jobs: list[Job], connections: int) -> None:
    """Complete all `jobs`, so that nothing is taken for lost while other things are measured."""
    events = [
        {"seq": number, "event": {"type": "status", "status": status}}
        for number, status in enumerate(("running", "completed"), 1)
    ]
    left = iter(jobs)

    async def some(url: str) -> None:
        async with Connection(url, "") as http:
            for job in left:
                path = f"/worker/attempts/{job.attempt_id}/events"
                await http.post(path, {"events": events}, token=job.token)

    await asyncio.gather(*(some(url) for url in taken(urls, connections)))
