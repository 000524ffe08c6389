"""The trainer's process tree: started through the launcher, stopped, killed, cleared after a crash."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from worker.launcher import SIGNALLED

log = logging.getLogger(__name__)

MARKER = "AHORA_ATTEMPT_FOLDER"
"""Environment variable every process of an attempt carries: the attempt's own spool folder."""

KILL_WAIT = 15.0
"""Seconds the launcher has to kill its tree before the supervisor does it itself."""


class TrainerProcess:
    """A running trainer."""

    def __init__(self, command: list[str], env: Mapping[str, str], folder: Path) -> None:
        """Start `command` in a session of its own; `folder` identifies it to a later worker."""
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "worker.launcher", *command],
            env={**env, MARKER: str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        with suppress(FileNotFoundError):  # it may have ended already
            record = {"pid": self._process.pid, "identity": identity(self._process.pid)}
            (folder / "process.json").write_text(json.dumps(record))

    @property
    def outputs(self) -> tuple[IO[bytes], IO[bytes]]:
        """The read ends of the tree's standard output and standard error."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        return self._process.stdout, self._process.stderr

    @property
    def pid(self) -> int:
        """The launcher's, at the root of the tree."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; the trainer's exit code, or -N when signal N killed it."""
        code = self._process.poll()
        if code is not None and code > SIGNALLED:
            return SIGNALLED - code
        return code

    def terminate(self) -> None:
        """Ask the trainer's process group to save and end (SIGTERM)."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole tree and wait until it is gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()  # the launcher's order to kill
        try:
            self._process.wait(KILL_WAIT)
        except subprocess.TimeoutExpired:
            log.warning("the launcher of %s does not end: killing its tree", self._folder.name)
            self._process.kill()
            self._process.wait()
        if self._process.returncode < 0:  # the launcher itself was killed, so it has killed nobody
            clear_leftovers(self._folder)

    def close(self) -> None:
        """Release the pipes of a trainer that has ended."""
        for pipe in (self._process.stdin, *self.outputs):
            if pipe is not None:
                pipe.close()


def identity(pid: int) -> list[str]:
    """What tells a process from a later one with the same number: boot, start time, command line.

    Raises `FileNotFoundError` when there is no such process.
    """
    proc = Path("/proc", str(pid))
    # The command's name, in parentheses, may hold anything; the start time is field 22.
    started = (proc / "stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return [boot, started, (proc / "cmdline").read_text()]


def clear_leftovers(folder: Path, wait: float = 10.0) -> int:
    """Kill what an attempt whose worker is gone has left running; returns how many processes.

    The launcher counts only if start time and command line are those that were recorded, any other
    process only if it carries the attempt's marker, so that a recycled number is never killed.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + wait
    while processes := _leftovers(folder):
        for process in processes:
            killed.add(process.pid)
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.kill()  # psutil checks the start time again
        if time.monotonic() > deadline:
            log.error("%d processes of %s cannot be killed", len(processes), folder.name)
            break
        time.sleep(0.02)
    return len(killed)


def _leftovers(folder: Path) -> list[psutil.Process]:
    launcher = _recorded_launcher(folder)
    tree = [launcher] if launcher else []
    with suppress(psutil.NoSuchProcess):
        tree += launcher.children(recursive=True) if launcher else []
    marked = [process for process in psutil.process_iter() if is_marked(process, folder)]
    return [process for process in {*tree, *marked} if is_alive(process)]


def _recorded_launcher(folder: Path) -> psutil.Process | None:
    try:
        record = json.loads((folder / "process.json").read_text())
        if identity(record["pid"]) != record["identity"]:
            return None
        return psutil.Process(record["pid"])
    except (OSError, ValueError, psutil.NoSuchProcess):  # no record, a torn one, or no process
        return None


def is_marked(process: psutil.Process, folder: Path) -> bool:
    """Whether a process carries the marker of the attempt in `folder`."""
    try:
        if process.pid == os.getpid() or process.uids().real != os.getuid():
            return False
        return process.environ().get(MARKER) == str(folder)
    except (psutil.Error, OSError):  # ended meanwhile, or not ours to look at
        return False


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs: a zombie does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
