"""Ships an attempt's spool and heartbeats in a thread, and brings back what the API wants.

Exactly once at the reader: a batch starts at the number after the last one the API has stored, which
its answers say. An answer that got lost is found out by the next try. While the API is away the spool grows
on disk and nothing else does.
"""

import logging
import threading
import time
from typing import Any, Literal

from ahora.events import LogEvent
from ahora.schemas.workers import MAX_BATCH_BYTES, AttemptOrders, Job
from worker.api import (
    ApiError,
    RefusedError,
    RejectedError,
    StaleAttemptError,
    UnavailableError,
    UnknownError,
    WorkerApi,
    WrongSeqError,
    delays,
)
from worker.spool import Spool, SpoolReader

log = logging.getLogger(__name__)

BATCH_EVENTS = 1000
BATCH_BYTES = 2**20
LARGEST_EVENT = MAX_BATCH_BYTES - 4096
PAUSE = 0.2
"""Seconds between batches, so that a chatty run makes few requests."""

Desired = Literal["continue", "pause", "stop"]


class Shipper:
    """The line between one attempt and the API."""

    def __init__(self, api: WorkerApi, job: Job, spool: Spool, heartbeat: float) -> None:
        self._api = api
        self._job = job
        self._spool = spool
        self._reader = SpoolReader(spool.path)
        self._heartbeat = heartbeat
        self._counter = 0
        self._next_heartbeat = 0.0
        self._most_events = BATCH_EVENTS
        self._away = False
        self._closing = False
        self._news = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"ahora-ship-{job.attempt_id}", daemon=True
        )
        self.desired: Desired = "continue"
        self.reason = ""
        self.last_seq = 0
        """Number of the newest event the API has stored."""
        self.cut_off: str | None = None
        """Why this attempt may write no more; None while it may."""
        self.last_contact = time.monotonic()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def notify(self) -> None:
        """There is something new in the spool."""
        self._news.set()

    def finish(self, give_up: threading.Event, wait: float) -> bool:
        """Ship what is left and end the thread; returns whether nothing is left to ship.

        Waits as long as it takes, but only `wait` seconds once `give_up` is set.
        """
        self._closing = True
        self._news.set()
        deadline = None
        while self._thread.is_alive() and (deadline is None or time.monotonic() < deadline):
            self._thread.join(0.2)
            if deadline is None and give_up.is_set():
                deadline = time.monotonic() + wait
        self._end.set()
        self._news.set()
        self._thread.join(wait)
        return self._done

    @property
    def _done(self) -> bool:
        return self.cut_off is not None or self.last_seq == self._spool.last_seq

    def _run(self) -> None:
        waits = delays()
        while not self._end.is_set() and not (self._closing and self._done):
            try:
                if self._step():
                    self._end.wait(0 if self._behind() or self._closing else PAUSE)
                else:
                    self._news.wait(max(0.0, self._next_heartbeat - time.monotonic()))
                    self._news.clear()
                waits = delays()
            except UnavailableError as error:
                self._note_away(str(error))
                self._end.wait(next(waits))
            except (StaleAttemptError, RefusedError, UnknownError) as error:
                self._cut(str(error))
            except OSError as error:  # the spool's disk: it may have room again later
                self._note_away(f"the spool cannot be read or synced: {error}")
                self._end.wait(next(waits))
            except (ApiError, LookupError) as error:
                log.exception("run %s cannot be shipped", self._job.run_id)
                self._cut(str(error))

    def _behind(self) -> bool:
        return self._spool.last_seq - self.last_seq >= BATCH_EVENTS

    def _note_away(self, why: str) -> None:
        if not self._away:
            log.warning("run %s: the API is away, spooling on: %s", self._job.run_id, why)
        self._away = True

    def _cut(self, why: str) -> None:
        log.warning("run %s, attempt %d ends here: %s", self._job.run_id, self._job.attempt, why)
        self.cut_off = why
        self._end.set()

    def _step(self) -> bool:
        """A heartbeat when it is due, then a batch when there is one; returns whether there was."""
        now = time.monotonic()
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + self._heartbeat
            self._counter += 1
            self._obey(
                self._api.attempt_heartbeat(
                    self._job.attempt_id, self._job.attempt_token, self._counter
                )
            )
        if self._spool.last_seq == self.last_seq:
            return False
        self._ship()
        return True

    def _ship(self) -> None:
        self._spool.sync()
        batch = self._reader.batch(self.last_seq, self._most_events, BATCH_BYTES)
        events: list[dict[str, Any]] = [{"seq": line.seq, "event": line.event} for line in batch]
        if batch[0].size > LARGEST_EVENT:
            size = f"{batch[0].size / 2**20:.0f} MiB are too many"
            self._obey(self._send([_replacement(events[0], size)]))
            return
        try:
            orders = self._send(events)
        except WrongSeqError as error:
            log.info("run %s: the API expects event %d", self._job.run_id, error.expected_seq)
            self.last_seq = error.expected_seq - 1
        except RejectedError as error:
            if len(events) > 1:
                self._most_events = max(1, len(events) // 2)  # find the one it does not accept
                return
            self._obey(self._send([_replacement(events[0], str(error))]))
        else:
            self._obey(orders)
            self._most_events = min(BATCH_EVENTS, self._most_events * 2)

    def _send(self, events: list[dict[str, Any]]) -> AttemptOrders:
        return self._api.append_events(self._job.attempt_id, self._job.attempt_token, events)

    def _obey(self, orders: AttemptOrders) -> None:
        if self._away:
            log.info("run %s: the API is back", self._job.run_id)
        self._away = False
        self.last_contact = time.monotonic()
        self.last_seq = orders.last_seq
        self.desired, self.reason = orders.desired, orders.reason


def _replacement(numbered: dict[str, Any], why: str) -> dict[str, Any]:
    """A log line in the place of an event that the API refuses, so that the ones after it get through."""
    kind = numbered["event"].get("type")
    event = LogEvent(
        level="error",
        source="supervisor",
        message=f"The API did not accept an event of type {kind}: {why}"[:2000],
    )
    return {"seq": numbered["seq"], "event": event.model_dump(mode="json")}
