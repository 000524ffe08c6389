"""The live stream: replay from the journals, then follow them.

Between two reads a stream holds no session and no connection; what it has read and not yet sent is at
most one page of one run.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from anyio import to_thread
from fastapi.sse import ServerSentEvent

from ahora.schemas.runs import RunSummary
from backend.auth import service as auth
from backend.auth.principal import Principal
from backend.db import Database
from backend.db.models import StreamItem
from backend.runs import views
from backend.runs.repository import with_tags
from backend.stream import cursor, repository
from backend.stream.hub import Hub
from backend.workers.waiting import Waiting

PAGE_ITEMS = 100
ACCESS_SECONDS = 5.0
"""How long a stream outlives the token or session that opened it."""
GATHER_SECONDS = 0.25
"""News of all runs is gathered for so long, so that a table is not redrawn for each batch."""


@dataclass(frozen=True)
class Reader:
    """Who reads, and from where."""

    db: Database
    hub: Hub
    user: Principal

    async def runs(
        self, run_ids: frozenset[str], after: Mapping[str, int]
    ) -> AsyncIterator[ServerSentEvent]:
        """Everything about `run_ids`: what follows `after` (a run that it lacks starts now), `ready`,
        then live. Ends when the server shuts down or the reader's access was revoked."""
        with self.hub.subscribe(run_ids) as subscription:
            newest = await to_thread.run_sync(self._newest, run_ids)
            # a cursor from the future (of a database restored since) must not hide what comes
            positions = {run: min(seq, after.get(run, seq)) for run, seq in newest.items()}
            async for event in self._replay(positions, run_ids):
                yield event
            yield ServerSentEvent(event="ready", data={}, id=cursor.encode(positions))
            access = _Access(self)
            while not self.hub.closing and await access.holds():
                changed = await subscription.changed(ACCESS_SECONDS)
                async for event in self._replay(positions, changed):
                    yield event

    async def table(self) -> AsyncIterator[ServerSentEvent]:
        """Summaries of all runs as they change, from now on."""
        with self.hub.subscribe(None) as subscription:
            yield ServerSentEvent(event="ready", data={})
            access = _Access(self)
            sent: dict[str, int] = {}
            while not self.hub.closing and await access.holds():
                changed = await subscription.changed(ACCESS_SECONDS)
                if not changed:
                    continue
                await asyncio.sleep(GATHER_SECONDS)
                changed |= await subscription.changed(0)
                for seq, summary in await to_thread.run_sync(self._summaries, changed):
                    if sent.get(summary.id) != seq:  # told twice, by the commit and by the poll
                        sent[summary.id] = seq
                        yield ServerSentEvent(event="run", data=summary)

    async def _replay(
        self, positions: dict[str, int], run_ids: Iterable[str]
    ) -> AsyncIterator[ServerSentEvent]:
        """The items of `run_ids` after `positions`, which it moves on."""
        for run_id in run_ids:
            while run_id in positions and not self.hub.closing:
                page, summary, newest = await to_thread.run_sync(
                    self._page, run_id, positions[run_id]
                )
                if _is_pruned(page, positions[run_id], newest):
                    positions[run_id] = newest
                    place = cursor.encode(positions)
                    yield ServerSentEvent(event="reset", data={"run_id": run_id}, id=place)
                    continue
                newest_of_run = max((item.seq for item in page if item.kind == "run"), default=0)
                for item in page:
                    positions[run_id] = item.seq
                    place = cursor.encode(positions)
                    if item.kind != "run":
                        yield ServerSentEvent(event=item.kind, raw_data=item.data, id=place)
                    elif item.seq == newest_of_run:  # it is the state now, so once is enough
                        yield ServerSentEvent(event="run", data=summary, id=place)
                if len(page) < PAGE_ITEMS:
                    break

    def _page(self, run_id: str, after: int) -> tuple[list[StreamItem], RunSummary | None, int]:
        """Items after a number, the run's summary when one of them is about it, and the newest number
        that the journal had before it was read."""
        with self.db.read() as session:
            newest = repository.newest_numbers(session, [run_id]).get(run_id, 0)
            page = list(repository.items(session, run_id, after, PAGE_ITEMS))
            if not any(item.kind == "run" for item in page):
                return page, None, newest
            summary = views.summary(with_tags(session, [run_id])[0], Waiting(session))
            return page, summary, newest

    def _newest(self, run_ids: frozenset[str]) -> dict[str, int]:
        with self.db.read() as session:
            return repository.newest_numbers(session, run_ids)

    def _summaries(self, run_ids: set[str]) -> list[tuple[int, RunSummary]]:
        with self.db.read() as session:
            waiting = Waiting(session)
            return [
                (run.stream_seq, views.summary(run, waiting))
                for run in with_tags(session, run_ids)
                if run.kind == "train"
            ]


def _is_pruned(page: Sequence[StreamItem], after: int, newest: int) -> bool:
    """Whether items after the one numbered `after` are in the journal no more."""
    return page[0].seq != after + 1 if page else newest > after


class _Access:
    """Looks from time to time whether the reader may still read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        self._checked = self._loop.time()

    async def holds(self) -> bool:
        """False once the token was revoked or the session ended."""
        if self._loop.time() - self._checked < ACCESS_SECONDS:
            return True
        self._checked = self._loop.time()
        return await to_thread.run_sync(self._valid)

    def _valid(self) -> bool:
        db, secret = self._reader.db, self._reader.user.secret
        return auth.find_token(db, secret) is not None or auth.find_session(db, secret) is not None
