"""Owns the scoring process: starts it, bounds each score in time, ends and replaces it when one hangs."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil

START_TIMEOUT = 120.0
"""Seconds for the functions' imports."""
MEMORY_LIMIT = 8 * 2**30
"""Bytes of address space of a process without Python rewards: a completion such as 9**9**9 must not
take the machine's memory. A Python reward may hold a model, so there is no limit then."""

_CHECK_INTERVAL = 0.2

Answer = dict[str, Any]


class StartError(Exception):
    """A function cannot be made ready. `function` is its position, None when the process itself fails."""

    def __init__(self, function: int | None, message: str) -> None:
        super().__init__(message)
        self.function = function


class ScoringProcess:
    """A child process that runs `functions` (specifications for `foreign.make_scorer`)."""

    def __init__(self, functions: list[dict[str, Any]]) -> None:
        self._functions = functions
        self._child: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._buffer = b""

    def start(self) -> None:
        """Start it, without waiting for its imports."""
        if self._child is not None:
            return
        self._buffer, self._ready = b"", False
        self._child = subprocess.Popen(
            [sys.executable, "-m", "worker.trainer.rewards.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        limited = all(spec["kind"] != "python" for spec in self._functions)
        hello = {
            "parent": os.getpid(),
            "memory_limit": MEMORY_LIMIT if limited else None,
            "functions": self._functions,
        }
        self._send(hello)

    def score(
        self,
        function: int,
        items: list[dict[str, Any]],
        timeout: float,
        max_hangs: int,
        check: Callable[[], None] = lambda: None,
    ) -> list[Answer]:
        """An answer for each item: `{"score": x}` or `{"error": text}`.

        An item that takes longer than `timeout` seconds, or ends the process, costs a restart; after
        more than `max_hangs` of those the rest is not tried. `check` is called while an answer is
        waited for; what it raises ends the process. Raises StartError.
        """
        try:
            return self._score(function, items, timeout, max_hangs, check)
        except StartError:
            raise
        except Exception:
            self.close()  # it would answer what nobody waits for any more
            raise

    def _score(
        self,
        function: int,
        items: list[dict[str, Any]],
        timeout: float,
        max_hangs: int,
        check: Callable[[], None],
    ) -> list[Answer]:
        answers: list[Answer] = []
        hangs = 0
        while len(answers) < len(items):
            if hangs > max_hangs:
                untried: Answer = {"error": f"not tried, after {hangs} scores that hung"}
                return answers + [untried] * (len(items) - len(answers))
            self._become_ready(check)
            self._send({"function": function, "items": items[len(answers) :]})
            while len(answers) < len(items):
                answer = self._read(timeout, check)
                answers.append(answer if answer is not None else {"error": self._failure(timeout)})
                if answer is None:
                    hangs += 1
                    self.close()
                    break
        return answers

    def close(self) -> None:
        """End it and whatever it started."""
        if self._child is None:
            return
        child, self._child = self._child, None
        try:
            started = psutil.Process(child.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            started = []
        child.kill()
        for process in started:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        child.wait()

    def _become_ready(self, check: Callable[[], None]) -> None:
        if self._child is not None and self._child.poll() is not None:
            self.close()  # it ended while it was idle
        self.start()
        if self._ready:
            return
        answer = self._read(START_TIMEOUT, check)
        if answer is None:
            reason = self._failure(START_TIMEOUT)
            self.close()
            raise StartError(None, f"the imports of the reward functions failed: {reason}")
        if "error" in answer:
            self.close()
            raise StartError(answer["function"], answer["error"])
        self._ready = True

    def _send(self, message: dict[str, Any]) -> None:
        # one line, which the child reads to its end before it answers: neither can block the other
        assert self._child is not None
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(message).encode() + b"\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            return  # it has died; reading its answer tells how

    def _read(self, timeout: float, check: Callable[[], None]) -> Answer | None:
        """The next answer; None when it does not come in time or the process has ended."""
        assert self._child is not None
        assert self._child.stdout is not None
        deadline = time.monotonic() + timeout
        descriptor = self._child.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while b"\n" not in self._buffer:
            check()
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if not poll.poll(min(left, _CHECK_INTERVAL) * 1000):
                continue
            received = os.read(descriptor, 1 << 16)
            if not received:
                return None
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: Answer = json.loads(line)
        return answer

    def _failure(self, timeout: float) -> str:
        assert self._child is not None
        try:
            status = self._child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            return f"took longer than {timeout:g} s"
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return f"ended its process ({how})"
