"""What goes on without anybody asking: reaping, noticing silence, ringing for runs that wait, tidying up."""

import logging
import threading
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.auth import repository as auth
from backend.db import Database, utcnow
from backend.db.models import IdempotencyKey
from backend.queue import Doorbell
from backend.rules.silence import SilenceWatch
from backend.workers.reaper import Reaper
from backend.workers.service import queue_states

logger = logging.getLogger(__name__)

KEYS_KEPT = timedelta(days=7)


class Sweeper:
    """Sweeps every `interval` seconds in a thread of its own."""

    def __init__(
        self,
        db: Database,
        doorbell: Doorbell,
        reaper: Reaper,
        silence: SilenceWatch,
        interval: float,
    ) -> None:
        self._db, self._doorbell, self._reaper, self._silence = db, doorbell, reaper, silence
        self._interval = interval
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweeper", daemon=True)
        self._sweeps = 0

    def start(self) -> None:
        """Start sweeping."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the sweep under way, then stop."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def sweep(self) -> None:
        """One sweep."""
        self._reaper.sweep()
        self._silence.sweep()
        self._ring()
        if self._sweeps % 100 == 0:
            with self._db.write() as session:
                _tidy(session)
        self._sweeps += 1

    def _ring(self) -> None:
        with self._db.read() as session:
            states = queue_states(session)
        for state in states:
            self._doorbell.ring_for(state.name, min(state.queued, state.idle_slots))

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.sweep()
            except Exception:  # the next sweep may find the database there again
                logger.exception("a sweep failed")
            self._stopping.wait(self._interval)


def _tidy(session: Session) -> None:
    now = utcnow()
    auth.delete_expired(session, now)
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEYS_KEPT))
