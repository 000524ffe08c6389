"""The live stream: without gap or duplicate, whoever writes and however often it breaks."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import httpx_sse
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.sse import ServerSentEvent
from starlette.testclient import TestClient

from backend.auth.principal import Principal
from backend.db import Database
from backend.db.models import Token
from backend.runs.journal import append_stream
from backend.runs.transitions import lock_run
from backend.stream import cursor, hub, service
from backend.stream.server import Server
from tests.backend.streams import SECONDS, following, make_user, reading, until_ready
from tests.backend.support import API, code_of, create_run


def write(db: Database, run_id: str, *numbers: int) -> None:
    """Journal items of one transaction."""
    with db.write() as session:
        run = lock_run(session, run_id)
        for number in numbers:
            append_stream(session, run, "metrics", {"n": number})


def rename(db: Database, run_id: str, name: str) -> None:
    with db.write() as session:
        run = lock_run(session, run_id)
        run.name = name
        append_stream(session, run, "run")


@pytest.fixture
def user(db: Database) -> Principal:
    return make_user(db)


def numbers(events: list[ServerSentEvent]) -> list[int]:
    return [json.loads(event.raw_data or "")["n"] for event in events if event.event == "metrics"]


def test_a_cursor_comes_back_and_nothing_else_is_one() -> None:
    positions = {"abc": 7, "0zz": 12345678901}
    assert cursor.decode(cursor.encode(positions)) == positions
    assert cursor.decode("") == {}
    for text in ("x", "a.b", "a.1~", "a.1 ", "a.-1", "a.1\n"):
        with pytest.raises(ValueError, match="not a cursor"):
            cursor.decode(text)


async def test_it_starts_now_and_goes_on_live(db: Database, user: Principal) -> None:
    run = create_run(db)
    write(db, run, 1)
    async with reading(db, user) as reader:
        events = reader.runs(frozenset({run}), {})
        [ready] = await until_ready(events)
        assert ready.data == {}
        write(db, run, 2, 3)
        found = [await following(events) for _ in range(2)]
        assert numbers(found) == [2, 3]
        rename(db, run, "renamed")
        changed = await following(events)
        assert (changed.event, changed.data.name) == ("run", "renamed")
        await events.aclose()  # type: ignore[attr-defined]

        resumed = reader.runs(frozenset({run}), cursor.decode(found[0].id or ""))
        replayed = await until_ready(resumed)
        assert numbers(replayed) == [3]
        assert [event.event for event in replayed] == ["metrics", "run", "ready"]
        assert replayed[-1].id == changed.id


async def test_a_run_that_changed_often_is_replayed_as_it_is_now(
    db: Database, user: Principal
) -> None:
    run = create_run(db)
    for place in range(5):
        rename(db, run, f"name {place}")
        write(db, run, place)
    async with reading(db, user) as reader:
        found = await until_ready(reader.runs(frozenset({run}), {run: 0}))
    assert numbers(found) == list(range(5))
    assert [event.data.name for event in found if event.event == "run"] == ["name 4"]


async def test_a_cursor_of_a_database_restored_since_hides_nothing(
    db: Database, user: Principal
) -> None:
    run = create_run(db)
    async with reading(db, user) as reader:
        events = reader.runs(frozenset({run}), {run: 10**9, "another": 3})
        await until_ready(events)
        write(db, run, 1)
        assert numbers([await following(events)]) == [1]


async def test_no_gap_and_no_duplicate_while_writers_write_and_the_stream_breaks(
    db: Database, database_url: str, user: Principal
) -> None:
    """Four writers, two of them another API process; the reader breaks off at random."""
    runs = [create_run(db) for _ in range(3)]
    other_process = Database(database_url)
    rng = random.Random(99)
    plans = [[(rng.choice(runs), rng.randint(1, 3)) for _ in range(60)] for _ in range(4)]
    totals = {run: sum(n for plan in plans for one, n in plan if one == run) for run in runs}
    locks = {run: threading.Lock() for run in runs}
    counts = dict.fromkeys(runs, 0)

    def writer(own: Database, plan: list[tuple[str, int]]) -> None:
        for run, size in plan:
            with locks[run]:  # so that the numbers are in the order of the transactions
                first = counts[run] + 1
                counts[run] += size
                write(own, run, *range(first, first + size))

    threads = [
        threading.Thread(target=writer, args=((db, other_process)[place % 2], plan))
        for place, plan in enumerate(plans)
    ]
    read: dict[str, list[int]] = {run: [] for run in runs}
    place = dict.fromkeys(runs, 0)

    def complete() -> bool:
        return all(len(read[run]) >= totals[run] for run in runs)

    async with reading(db, user) as reader:
        for thread in threads:
            thread.start()
        async with asyncio.timeout(60):
            while not complete():
                left = rng.randint(1, 40)
                events = reader.runs(frozenset(runs), place)
                async for event in events:
                    after = cursor.decode(event.id or "")
                    if event.event == "metrics":
                        [run] = [one for one in runs if after[one] != place[one]]
                        read[run] += numbers([event])
                    place = after
                    left -= 1
                    if left <= 0 or complete():
                        break
                await events.aclose()  # type: ignore[attr-defined]
        for thread in threads:
            thread.join()
    other_process.dispose()
    assert read == {run: list(range(1, totals[run] + 1)) for run in runs}


async def test_all_runs_are_followed_without_replay(
    db: Database, database_url: str, user: Principal
) -> None:
    first, second = create_run(db), create_run(db)
    other_process = Database(database_url)
    async with reading(db, user) as reader:
        events = reader.table()
        [ready] = await until_ready(events)
        assert ready.id is None
        names = {"here": db, "elsewhere": other_process}
        for (name, writer), run in zip(names.items(), (first, second), strict=True):
            rename(writer, run, name)
        found: dict[str, str] = {}
        while found != {first: "here", second: "elsewhere"}:
            event = await following(events)
            assert event.event == "run"
            found[event.data.id] = event.data.name
    other_process.dispose()


async def test_it_ends_when_access_is_revoked(
    db: Database, user: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ACCESS_SECONDS", 0.05)
    run = create_run(db)
    async with reading(db, user) as reader:
        streams = [reader.runs(frozenset({run}), {}), reader.table()]
        for events in streams:
            await until_ready(events)
        with db.write() as session:
            session.delete(session.get_one(Token, user.token_id))
        async with asyncio.timeout(SECONDS):
            for events in streams:
                assert [event async for event in events if event.event != "run"] == []


async def test_it_ends_when_the_server_closes_and_survives_a_database_that_is_away(
    db: Database, user: Principal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.02)
    run = create_run(db)
    async with reading(db, user) as reader:
        events = reader.runs(frozenset({run}), {})
        await until_ready(events)
        newest = reader.hub._newest
        failed, again = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def away() -> dict[str, int]:
            loop.call_soon_threadsafe(failed.set)
            raise OSError("the database is away")

        def back() -> dict[str, int]:
            loop.call_soon_threadsafe(again.set)
            return newest()

        for replacement, seen in ((away, failed), (back, again)):
            monkeypatch.setattr(reader.hub, "_newest", replacement)
            async with asyncio.timeout(SECONDS):
                await seen.wait()
        assert "cannot read the database" in caplog.text
        reader.hub.close()
        with pytest.raises(StopAsyncIteration):
            await following(events)


def test_what_cannot_be_streamed_is_refused_before_it_starts(
    api: TestClient, connect: Callable[..., TestClient], db: Database
) -> None:
    run = create_run(db)
    ask = f"{API}/stream"
    assert code_of(api.get(ask, params={"runs": "unknown"})) == (404, "run-not-found")
    assert code_of(api.get(ask, params={"runs": ""})) == (422, "invalid")
    assert code_of(api.get(ask)) == (422, "invalid")
    assert code_of(api.get(ask, params={"runs": run, "after": "?"})) == (422, "invalid")
    assert code_of(api.get(ask, params={"runs": run}, headers={"Last-Event-ID": "?"}))[0] == 422
    assert code_of(connect().get(ask, params={"runs": run}))[0] == 401
    assert code_of(connect("worker").get(ask, params={"runs": run}))[0] == 403


@contextmanager
def serving(app: FastAPI) -> Iterator[tuple[str, Callable[[], float]]]:
    """A real server: its URL, and a function that shuts it down and says how long that took."""
    server = Server(uvicorn.Config(app, port=0, log_level="warning"), app)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + SECONDS
    while not (server.started and server.servers):
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)

    def stop() -> float:
        begun = time.monotonic()
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()
        return time.monotonic() - begun

    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}{API}", stop
    finally:
        stop()


def test_over_http_with_several_readers_and_a_shutdown(
    app: FastAPI, db: Database, user: Principal
) -> None:
    run = create_run(db)
    headers = {"Authorization": f"Bearer {user.secret}", "Accept-Encoding": "gzip"}
    ready, done = threading.Barrier(4), threading.Barrier(4)
    results: dict[int, list[tuple[str, str]]] = {}

    def read(place: int, url: str, params: dict[str, Any], extra: dict[str, str]) -> None:
        with (
            httpx.Client(timeout=SECONDS) as client,
            httpx_sse.connect_sse(
                client, "GET", f"{url}/stream", params=params, headers=headers | extra
            ) as source,
        ):
            assert source.response.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in source.response.headers
            results[place] = []
            for event in source.iter_sse():
                results[place].append((event.event, event.id))
                if event.event == "ready":
                    ready.wait(SECONDS)
                elif event.event == "run" and json.loads(event.data)["name"] == "end":
                    done.wait(SECONDS)

    with serving(app) as (url, stop):
        asked: list[tuple[dict[str, Any], dict[str, str]]] = [
            ({"runs": run}, {}),
            ({"runs": "*"}, {}),
            ({"runs": run, "after": f"{run}.99"}, {"Last-Event-ID": f"{run}.0"}),
        ]
        threads = [
            threading.Thread(target=read, args=(place, url, params, extra))
            for place, (params, extra) in enumerate(asked)
        ]
        for thread in threads:
            thread.start()
        ready.wait(SECONDS)
        write(db, run, 1)
        rename(db, run, "end")
        done.wait(SECONDS)
        assert stop() < 2.0
        for thread in threads:
            thread.join(SECONDS)
    assert results[0] == [("ready", f"{run}.1"), ("metrics", f"{run}.2"), ("run", f"{run}.3")]
    assert [name for name, _ in results[1]].count("ready") == 1
    assert {name for name, _ in results[1]} == {"ready", "run"}
    assert results[2] == [("run", f"{run}.1"), *results[0]]
