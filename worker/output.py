"""Captures what a trainer prints, line by line, bounded in length, rate and memory."""

import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import IO, Literal

from ahora.events import LogEvent

MOST_CHARACTERS = 4000
"""Longest line that is kept whole."""
LINES_A_SECOND = 50.0
BURST = 1000
"""Lines that may come at once."""
CHARACTERS_A_SECOND = 50_000.0
BURST_CHARACTERS = 2_000_000
LAST_KEPT = 50
"""Newest lines that wait when there are too many: how a trainer ended must be seen."""
STDERR_KEPT = 30
"""Last lines of standard error that are kept for the reason of a failure."""

Source = Literal["stdout", "stderr"]


class OutputCapture:
    """Reads both outputs of a trainer in a thread until they end."""

    def __init__(self, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self._lines: deque[LogEvent] = deque()
        self._dropped = 0
        self._newest: deque[LogEvent] = deque()
        self._lock = threading.Lock()
        self._limit = RateLimit(LINES_A_SECOND, BURST)
        self._characters = RateLimit(CHARACTERS_A_SECOND, BURST_CHARACTERS)
        self._stderr: deque[str] = deque(maxlen=STDERR_KEPT)
        self._thread = threading.Thread(
            target=self._run, args=(stdout, stderr), name="ahora-output", daemon=True
        )
        self._thread.start()

    def take(self, last: bool = False) -> list[LogEvent]:
        """The lines since the last call, with a note about those that were left out; with `last` the
        newest of these are among them."""
        with self._lock:
            taken = list(self._lines)
            self._lines.clear()
            if not last:
                self._release()
            dropped, self._dropped = self._dropped, 0
            newest = list(self._newest) if last else []
        if dropped:
            note = f"{dropped} lines of output were left out: there were too many at once."
            taken.append(LogEvent(level="warning", source="supervisor", message=note))
        return taken + newest

    def finish(self, wait: float = 5.0) -> None:
        """Wait until everything a trainer that has ended wrote is read."""
        self._thread.join(wait)

    def stderr_end(self) -> str:
        """The last lines of standard error."""
        return "\n".join(self._stderr)

    def _run(self, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        with selectors.DefaultSelector() as selector:
            pipes: dict[Source, IO[bytes]] = {"stdout": stdout, "stderr": stderr}
            for source, pipe in pipes.items():
                splitter = LineSplitter(partial(self._line, source))
                selector.register(pipe, selectors.EVENT_READ, splitter)
            while selector.get_map():
                for key, _ in selector.select():
                    chunk = os.read(key.fd, 65_536)
                    key.data.feed(chunk)
                    if not chunk:
                        selector.unregister(key.fileobj)

    def _line(self, source: Source, line: str) -> None:
        level: Literal["info", "warning"] = "warning" if source == "stderr" else "info"
        with self._lock:
            if source == "stderr":
                self._stderr.append(line)
            self._newest.append(LogEvent(level=level, source=source, message=line))
            self._release()
            if len(self._newest) > LAST_KEPT:
                self._newest.popleft()
                self._dropped += 1

    def _release(self) -> None:
        """Let the oldest lines that wait through, as far as the limits allow: the newest ones stay, or a
        flood's end would be lost with them."""
        # A backlog means that nobody takes the lines now: no more than a burst of them waits.
        while (
            self._newest
            and len(self._lines) < BURST
            and self._limit.allows()
            and self._characters.allows(len(self._newest[0].message))
        ):
            self._lines.append(self._newest.popleft())


class LineSplitter:
    """Cuts a byte stream into lines of text of at most `MOST_CHARACTERS`.

    A carriage return rewrites a line as on a terminal, so a progress bar leaves its last state.
    """

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._pending = b""
        self._cut = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece; an empty one ends the stream."""
        if not chunk:
            if self._pending:
                self._give(self._pending)
            return
        *lines, rest = (self._pending + chunk).split(b"\n")
        self._pending = b""
        for line in lines:
            self._give(line)
        rewritten = rest.rfind(b"\r", 0, -1) + 1  # a final one may belong to a "\r\n"
        if rewritten:
            rest, self._cut = rest[rewritten:], 0
        limit = MOST_CHARACTERS * 4  # bytes of as many characters of UTF-8
        self._cut += max(0, len(rest) - limit)
        self._pending = rest[:limit]

    def _give(self, raw: bytes) -> None:
        text = raw.decode(errors="replace").rstrip("\r").rpartition("\r")[2].rstrip()
        cut = self._cut + max(0, len(text) - MOST_CHARACTERS)
        self._cut = 0
        if cut:
            text = f"{text[:MOST_CHARACTERS]} ... ({cut} more left out)"
        if text:
            self._emit(text)


class RateLimit:
    """A token bucket."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at = time.monotonic()

    def allows(self, cost: int = 1) -> bool:
        """Whether something that costs so many tokens may pass now."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True
