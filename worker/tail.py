"""Follows the trainer's event file, whatever is written into it."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ahora.events import EVENT, Event, LogEvent
from ahora.schemas.workers import MAX_BATCH_BYTES

MOST_BYTES = MAX_BATCH_BYTES
"""Longest line that is read; what is longer could not be shipped."""
CHUNK = 2**20
SHOWN = 500
"""Characters of a garbage line that are shown."""


class EventTail:
    """Reads complete lines of a growing file, holding at most one line in memory."""

    def __init__(self, path: Path, offset: int = 0, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._pending = bytearray()
        self._skipping = False
        self.offset = offset
        """Position after the last line that was given out."""
        self._read_to = offset

    def read(self, last: bool = False) -> Iterator[tuple[Event, int]]:
        """The events that have arrived, each with the position after its line.

        A line that is no event becomes a warning. With `last` the writer is gone, so a line without a
        line break counts too.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            while chunk := file.read(CHUNK):
                self._read_to += len(chunk)
                yield from self._split(chunk)
        if last and (self._pending or self._skipping):
            yield from self._split(b"\n")

    def _split(self, chunk: bytes) -> Iterator[tuple[Event, int]]:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._keep(chunk[start:end])
            self.offset = self._read_to - len(chunk) + end + 1
            line, skipped = bytes(self._pending), self._skipping
            self._pending.clear()
            self._skipping = False
            event = self._too_long() if skipped else _parse(line)
            if event is not None:
                yield event, self.offset
            start = end + 1
        self._keep(chunk[start:])

    def _keep(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._pending) + len(piece) > self._most_bytes:
            self._skipping = True
            self._pending.clear()
            return
        self._pending += piece

    def _too_long(self) -> Event:
        size = f"{self._most_bytes / 2**20:.3g} MiB"
        return _warning(f"The trainer wrote an event of more than {size}; it was left out.")


def _parse(line: bytes) -> Event | None:
    if not line.strip():
        return None
    try:
        return EVENT.validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        text = line[: SHOWN * 4].decode(errors="replace")[:SHOWN]
        return _warning(
            f"The trainer wrote a line that is no event ({where or 'line'}: {problem['msg']}): {text}"
        )


def _warning(message: str) -> LogEvent:
    return LogEvent(level="warning", source="supervisor", message=message)
