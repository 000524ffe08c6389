"""Many workers at once, as the API sees them: asynchronous HTTP without the work."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

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


def connect(url: str, token: str, connections: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{url}/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
        trust_env=False,
        limits=httpx.Limits(max_connections=connections),
    )


async def post(http: httpx.AsyncClient, path: str, **options: Any) -> httpx.Response:
    """As a worker does it: tried again when the connection breaks, which every route here allows."""
    while True:
        try:
            answer = await http.post(path, **options)
        except httpx.TransportError:
            continue
        answer.raise_for_status()
        return answer


async def launch(url: str, token: str, count: int) -> float:
    """Queue `count` runs; how many were stored a second."""
    async with connect(url, token, 8) as http:
        left = iter(range(count))

        async def some() -> None:
            for number in left:
                body = {"name": f"run {number}", "config": {}}
                await post(http, "/runs", json=body, headers={"Idempotency-Key": f"run-{number}"})

        before = time.perf_counter()
        await asyncio.gather(*(some() for _ in range(8)))
        return count / (time.perf_counter() - before)


async def claim_all(url: str, token: str, claimants: int) -> Claims:
    """Claim until nothing is left."""
    found = Claims()
    async with connect(url, token, claimants) as http:
        ids = await asyncio.gather(*(_register(http, number) for number in range(claimants)))
        before = time.perf_counter()
        await asyncio.gather(*(_claim(http, worker_id, found) for worker_id in ids))
        found.seconds = time.perf_counter() - before
    return found


async def _register(http: httpx.AsyncClient, number: int) -> str:
    worker_id = secrets.token_hex(8)
    device: dict[str, object] = {"kind": "cpu", "name": "bench", "memory_gb": 8}
    await post(
        http,
        "/worker/register",
        json={
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


async def _claim(http: httpx.AsyncClient, worker_id: str, found: Claims) -> None:
    for slot in range(SLOTS):
        before = time.perf_counter()
        answer = await post(
            http,
            "/worker/claims",
            json={
                "claim_id": secrets.token_hex(8),
                "worker_id": worker_id,
                "queue": "cpu",
                "slot": slot,
            },
        )
        job = answer.json()["job"]
        if job is None:
            return
        found.latencies.append(time.perf_counter() - before)
        found.jobs.append(Job(job["run_id"], job["attempt_id"], job["attempt_token"]))


async def heartbeats(url: str, jobs: list[Job], seconds: float, connections: int) -> float:
    """Heartbeats of `jobs` that the API answers a second, from `connections` at once."""
    answered = 0
    async with connect(url, "", connections) as http:
        end = time.perf_counter() + seconds

        async def beat(mine: list[Job]) -> None:
            nonlocal answered
            counter = 0
            while mine and time.perf_counter() < end:
                counter += 1
                for job in mine:
                    await post(
                        http,
                        f"/worker/attempts/{job.attempt_id}/heartbeat",
                        json={"counter": counter},
                        headers={"Authorization": f"Bearer {job.token}"},
                    )
                    answered += 1
                    if time.perf_counter() > end:
                        return

        before = time.perf_counter()
        await asyncio.gather(*(beat(jobs[number::connections]) for number in range(connections)))
        return answered / (time.perf_counter() - before)


async def finish(url: str, jobs: list[Job], connections: int) -> None:
    """Complete all `jobs`, so that nothing is taken for lost while other things are measured."""
    events = [
        {"seq": number, "event": {"type": "status", "status": status}}
        for number, status in enumerate(("running", "completed"), 1)
    ]
    async with connect(url, "", connections) as http:
        left = iter(jobs)

        async def some() -> None:
            for job in left:
                await post(
                    http,
                    f"/worker/attempts/{job.attempt_id}/events",
                    json={"events": events},
                    headers={"Authorization": f"Bearer {job.token}"},
                )

        await asyncio.gather(*(some() for _ in range(connections)))
