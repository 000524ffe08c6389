"""Child processes that cannot outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from ahora.stack.state import ProcessRecord

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a child does before it becomes its program: ask the kernel for the signal `number` when the thread
    that starts it ends, however that ends. None where the kernel cannot do this."""
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return before_exec


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that `descendants` sees it."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_descendants(wait: float = 10.0) -> None:
    """Kill whatever is still below this process."""
    left = psutil.Process().children(recursive=True)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=wait)


LOG_LIMIT = 20_000_000
"""Bytes above which a log is put aside at the next start."""


class Child:
    """A process of the stack, in a session of its own, with its output in a log.

    Args:
        name: How people call it.
        command: Program and arguments.
        environ: Its environment.
        folder: Its working folder.
        log: File its output is appended to.
    """

    def __init__(
        self, name: str, command: list[str], environ: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        self.name = name
        self.log = log
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".old.log"))
        with log.open("ab") as output:
            self._log_start = output.tell()
            self._process = self._spawn(command, environ, folder, output)
        self.record = ProcessRecord.of(self._process.pid)

    def _spawn(
        self, command: list[str], environ: Mapping[str, str], folder: Path, output: IO[bytes]
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- one thread here
        )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and its process group at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of what it wrote since it started."""
        with self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, size - 20_000))
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-count:])
