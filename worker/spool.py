"""The numbered events of an attempt, on disk until the API has stored them.

One JSON object a line: `seq` and `event` as they are shipped, and `tail`, how far the trainer's event
file had been read when the line was written. Number and position are one write, so a
worker that dies between two lines neither loses nor repeats an event.
"""

import errno
import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ahora.events import Event
from ahora.status import RunStatus

log = logging.getLogger(__name__)

RETRY = 0.2
"""Seconds between tries to write on a full disk."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SpoolFullError(Exception):
    """The disk stayed full until it was no use to wait any longer: the attempt is left as it stands."""


@dataclass(frozen=True)
class SpoolLine:
    """An event with its number; `size` is about what it weighs in a batch, in bytes."""

    seq: int
    event: dict[str, Any]
    tail: int
    size: int


class Spool:
    """The writing side."""

    def __init__(self, path: Path) -> None:
        """Open `path`, continuing where an earlier worker was cut off."""
        self.path = path
        self.last_seq = 0
        """Number of the newest event written."""
        self.tail = 0
        """Bytes of the trainer's event file that are in the spool."""
        self.ended = False
        """Whether the newest event is a final status, after which none follows."""
        self.patience: Callable[[], bool] = lambda: True
        """Called again and again while the disk is full; when it says no, waiting ends."""
        self._file = path.open("ab", buffering=0)
        self._dirty = False
        self._size = 0
        for line, end in _lines(path, 0):
            self.last_seq, self.tail, self._size = line.seq, line.tail, end
            status = line.event["status"] if line.event["type"] == "status" else None
            self.ended = status not in (None, RunStatus.RUNNING)
        self._file.truncate(self._size)  # a line that was cut off was never shipped

    def append(self, events: Iterable[Event], tail: int) -> None:
        """Number `events` and write them; `tail` is the position in the trainer's file after them."""
        seq = self.last_seq
        lines: list[bytes] = []
        for event in events:
            seq += 1
            body = event.model_dump_json()
            lines.append(f'{{"seq":{seq},"tail":{tail},"event":{body}}}\n'.encode())
        if not lines:
            return
        self._write(b"".join(lines))
        self.last_seq, self.tail = seq, tail

    def _write(self, data: bytes) -> None:
        """Append `data`, waiting for room on the disk. Raises SpoolFullError."""
        self._dirty = True
        waiting = False
        while (error := self._tried(data)) is not None:
            if not waiting:
                log.warning("%s: %s: waiting for room", self.path, error.strerror)
            waiting = True
            if not self.patience():
                raise SpoolFullError(f"{self.path}: {error.strerror}") from error
            time.sleep(RETRY)
        self._size += len(data)

    def _tried(self, data: bytes) -> OSError | None:
        """Write `data`, or nothing of it when the disk is full: no half line stands before the next."""
        written = 0
        try:
            while written < len(data):
                written += self._file.write(data[written:])
        except OSError as error:
            self._file.truncate(self._size)
            if error.errno not in _FULL:
                raise
            return error
        return None

    def sync(self) -> None:
        """Put on the disk what is about to be shipped, so that no number is ever given twice."""
        if self._dirty:
            self._dirty = False
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SpoolReader:
    """The shipping side: reads batches by number, holding one batch in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offsets: dict[int, int] = {}
        """Where the line after a number starts, for the ends of the newest batch."""

    def batch(self, after: int, most: int, most_bytes: int) -> list[SpoolLine]:
        """Up to `most` lines from number `after + 1` on, of about `most_bytes` but at least one line."""
        start = self._offset(after)
        batch: list[SpoolLine] = []
        size, end = 0, start
        for line, line_end in _lines(self._path, start):
            if batch and (len(batch) == most or size + line.size > most_bytes):
                break
            batch.append(line)
            size += line.size
            end = line_end
        self._offsets = {after: start, batch[-1].seq if batch else after: end}
        return batch

    def _offset(self, after: int) -> int:
        known = {0: 0} | self._offsets
        if after in known:
            return known[after]
        for line, end in _lines(self._path, 0):  # the API stands elsewhere: look for the place
            if line.seq == after:
                return end
        raise LookupError(f"the spool has no event number {after}")


def _lines(path: Path, offset: int) -> Iterable[tuple[SpoolLine, int]]:
    """Whole lines from byte `offset` on, each with the offset after it."""
    with path.open("rb") as file:
        file.seek(offset)
        for raw in file:
            if not raw.endswith(b"\n"):
                return
            offset += len(raw)
            value = json.loads(raw)
            yield SpoolLine(value["seq"], value["event"], value["tail"], len(raw)), offset
