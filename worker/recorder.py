"""Turns what a trainer writes into numbered events: the file it reports in, and what it prints."""

import logging

from ahora.events import CheckpointEvent, CheckpointRemovedEvent, Event, LogEvent, StatusEvent
from ahora.schemas.workers import Job
from ahora.status import RunStatus
from worker.attempt_folder import AttemptFolder
from worker.spool import Spool
from worker.store import ArtifactStore
from worker.tail import EventTail

log = logging.getLogger(__name__)

AT_ONCE = 1000
AT_ONCE_BYTES = 4 * 2**20
"""Events, and bytes of the trainer's lines, that are held before they are written."""


class Recorder:
    """Fills the spool of one attempt."""

    def __init__(self, folder: AttemptFolder, job: Job, store: ArtifactStore) -> None:
        self.spool = Spool(folder.spool)
        self.final: StatusEvent | None = None
        """The trainer's last word. It is held back: what it becomes depends on how the trainer ends."""
        self._out = folder.out
        self._store = store
        self._prefix = f"runs/{job.run_id}/attempt-{job.attempt}"
        self._tail = EventTail(folder.events, self.spool.tail)
        self._removed: list[tuple[int, int]] = []

    def collect(self, last: bool = False) -> None:
        """Spool what the trainer has reported since the last call."""
        if self.final is not None:
            return  # nothing follows the final status
        events: list[Event] = []
        position = written = self.spool.tail
        for event, after in self._tail.read(last):
            if isinstance(event, StatusEvent) and event.status is not RunStatus.RUNNING:
                self.final = event
                break
            events.append(self._stored(event))
            position = after
            if isinstance(event, CheckpointRemovedEvent):
                self._removed.append((self.spool.last_seq + len(events), event.step))
            if len(events) == AT_ONCE or position - written >= AT_ONCE_BYTES:
                self.spool.append(events, position)
                events, written = [], position
        self.spool.append(events, position)

    def write(self, *events: Event) -> None:
        """Spool events of the supervisor."""
        self.spool.append(events, self.spool.tail)

    def log(self, level: str, message: str) -> None:
        """Spool a line of the supervisor."""
        event = LogEvent.model_validate(
            {"level": level, "source": "supervisor", "message": message[:20_000]}
        )
        self.write(event)

    def removed_until(self, last_seq: int) -> None:
        """Delete from the store the checkpoints whose removal the API knows of."""
        while self._removed and self._removed[0][0] <= last_seq:
            _, step = self._removed.pop(0)
            try:
                self._store.remove(self._prefix, step)
            except OSError as error:
                log.warning("%s/step-%06d cannot be deleted: %s", self._prefix, step, error)

    def close(self) -> None:
        """Close the spool."""
        self.spool.close()

    def _stored(self, event: Event) -> Event:
        if not isinstance(event, CheckpointEvent):
            return event
        try:
            return self._store.keep(event, self._out, self._prefix)
        except (OSError, ValueError) as error:
            message = f"The checkpoint of step {event.step} could not be kept: {error}"
            return LogEvent(level="error", source="supervisor", message=message[:20_000])
