"""What is done now and then in a thread of its own: a slow store must not hold up the sweeper."""

import logging
import threading
from datetime import timedelta

from backend.checkpoints.store import Store
from backend.db import Database
from backend.housekeeping import journal, retention

logger = logging.getLogger(__name__)

EVERY_SECONDS = 600.0


class Keeper:
    """Applies retention and prunes journals. Several API processes may do it at once."""

    def __init__(self, db: Database, artifacts: str, journal_days: float) -> None:
        self._db = db
        self._artifacts = artifacts
        self._journal_age = timedelta(days=journal_days)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin, first after some time: starting up is not the moment to delete things."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the deletion under way, then stop."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def keep_house(self) -> None:
        """All of it, once."""
        journal.prune(self._db, self._journal_age)
        deleted = retention.apply(self._db, Store(self._artifacts), self._stopping.is_set)
        if deleted:
            logger.info("%d checkpoints that need not be kept were deleted", deleted)

    def _work(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            try:
                self.keep_house()
            except Exception:  # a process border: the next time may go better
                logger.exception("housekeeping failed")
