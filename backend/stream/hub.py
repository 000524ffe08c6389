"""Wakes the open streams of this process when runs have news.

Commits of this process are told at once (`Database.listeners`); those of other API processes are found
by looking at the journals' newest numbers once a second, one query for all streams together. A stream
holds a set of run ids and no data, so one that reads slowly costs nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

from anyio import to_thread

from backend.db import Database
from backend.stream import repository

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class Subscription:
    """What one stream waits for: news of `run_ids`, or of all runs when None."""

    def __init__(self, run_ids: frozenset[str] | None) -> None:
        self.run_ids = run_ids
        self._changed: set[str] = set()
        self._event = asyncio.Event()

    def tell(self, run_ids: frozenset[str]) -> None:
        """There is news of `run_ids`."""
        mine = run_ids if self.run_ids is None else run_ids & self.run_ids
        if mine:
            self._changed |= mine
            self._event.set()

    def wake(self) -> None:
        """Look up: the server is closing."""
        self._event.set()

    async def changed(self, within: float) -> set[str]:
        """The runs with news since the last call, waiting up to `within` seconds for some."""
        try:
            async with asyncio.timeout(within):
                await self._event.wait()
        except TimeoutError:
            return set()
        self._event.clear()
        changed, self._changed = self._changed, set()
        return changed


class Hub:
    """The open streams of this process. All methods but `start` and `stop` are for its event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._subscriptions: set[Subscription] = set()
        self._seen: dict[str, int] = {}
        self._occupied = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; in the event loop that serves the streams."""
        self._loop = asyncio.get_running_loop()
        self._db.listeners.append(self._committed)
        self._poller = asyncio.create_task(self._poll(), name="stream poll")

    @property
    def closing(self) -> bool:
        """Streams end when they see this."""
        return self._closed.is_set()

    def close(self) -> None:
        """Let all streams end. Call it when the server begins to shut down: it waits for them."""
        self._closed.set()
        self._occupied.set()
        for subscription in self._subscriptions:
            subscription.wake()

    async def stop(self) -> None:
        """End what `start` began."""
        self.close()
        if self._committed in self._db.listeners:
            self._db.listeners.remove(self._committed)
        if self._poller is not None:
            await self._poller  # not cancelled: its thread would go on using the database

    @contextlib.contextmanager
    def subscribe(self, run_ids: frozenset[str] | None) -> Iterator[Subscription]:
        """A subscription for the time of the block."""
        subscription = Subscription(run_ids)
        self._subscriptions.add(subscription)
        self._occupied.set()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions and not self.closing:
                self._occupied.clear()

    def _committed(self, run_ids: frozenset[str]) -> None:
        """Called in whatever thread committed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, run_ids)

    def _tell(self, run_ids: frozenset[str]) -> None:
        for subscription in self._subscriptions:
            subscription.tell(run_ids)

    async def _poll(self) -> None:
        failing = False
        while await self._occupied.wait() and not self.closing:
            try:
                newest = await to_thread.run_sync(self._newest)
                failing = False
            except Exception:  # a process border: the database may be away for a while
                if not failing:
                    logger.warning("The live stream cannot read the database", exc_info=True)
                failing = True
                newest = {}
            self._tell(
                frozenset(run for run, seq in newest.items() if seq > self._seen.get(run, 0))
            )
            self._seen = newest or self._seen
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._closed.wait()

    def _newest(self) -> dict[str, int]:
        named: set[str] = set()
        everything = False
        for subscription in list(self._subscriptions):
            if subscription.run_ids is None:
                everything = True
            else:
                named |= subscription.run_ids
        with self._db.read() as session:
            newest = repository.newest_numbers(session, named)
            return repository.recent_numbers(session) | newest if everything else newest
