"""The launcher: starts Redis, the API and a worker, keeps them running, and ends them in order."""

import importlib.metadata
import os
import platform
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from ahora import __version__
from ahora.home import Home
from ahora.stack import redis
from ahora.stack.options import Options, environment
from ahora.stack.process import Child, adopt_orphans, kill_descendants
from ahora.stack.readiness import api_is_ready, online_worker
from ahora.stack.redis import StackError
from ahora.stack.restarts import Restarts
from ahora.stack.state import ProcessRecord, StackState

START_TIMEOUT = 120.0
"""Seconds the stack may take to be ready."""
REDIS_TIMEOUT = 10.0
API_STOP = 15.0
"""Seconds the API has to close its connections, before it is killed."""
TRAINER_STOP = float(os.environ.get("AHORA_STOP_GRACE") or 60.0)
"""Seconds the worker gives its trainers to save (see worker.settings)."""


class Launcher:
    """One stack, from start to end.

    Args:
        home: Where it keeps everything.
        options: Host, port and slots.
        report: Called with each step: `say`, `ready` or `error`, and a text.
    """

    def __init__(self, home: Home, options: Options, report: Callable[[str, str], None]) -> None:
        self._home = home
        self._options = options
        self._report = report
        self._children: dict[str, Child] = {}
        self._restarts = Restarts()
        self._stops = 0
        self._wakeup, self._wakeup_end = os.pipe()
        self._commands: dict[str, list[str]] = {}
        self._environ: dict[str, str] = {}

    def run(self) -> int:
        """Start, keep running until told to end, stop everything. Returns the exit status."""
        self._listen()
        adopt_orphans()
        try:
            self._start()
            self._supervise()
        except StackError as error:
            self._report("error", str(error))
            return 1
        finally:
            self._stop()
        return 0

    # --- starting ---

    def _start(self) -> None:
        socket = redis.socket_path(self._home)
        port = self._options.free_port()
        url = self._options.url(port)
        self._environ = environment(self._home, self._options, url, redis.url(socket))
        python = [sys.executable, "-P", "-m"]
        slots = self._options.slots
        address = ("--host", self._options.host, "--port", str(port))
        self._commands = {
            "redis": redis.command(socket),
            "api": [*python, "backend", "serve", "--embedded", *address],
            "worker": [*python, "worker", *(["--slots", str(slots)] if slots else [])],
        }
        self._state = StackState(ProcessRecord.of(os.getpid()), url, __version__)
        self._report("say", f"Ahora {__version__} in {self._home.root} ({versions()})")
        began = time.monotonic()
        self._spawn("redis")
        self._spawn("api")
        self._until(lambda: redis.answers(socket), "redis", REDIS_TIMEOUT)
        if self._home.worker_token_file.exists():
            self._spawn("worker")  # beside the API: it registers when that answers
        self._until(lambda: api_is_ready(url), "api", START_TIMEOUT)
        if "worker" not in self._children:
            self._spawn("worker")
        worker = self._until(
            lambda: online_worker(url, self._home, self._children["worker"].pid),
            "worker",
            START_TIMEOUT,
        )
        self._state.ready = True
        self._state.write(self._home)
        self._report("say", f"Worker {worker['name']} is online: {describe(worker)}")
        self._report("ready", f"{time.monotonic() - began:.1f}")

    def _spawn(self, name: str) -> None:
        self._children[name] = Child(
            name,
            self._commands[name],
            self._environ,
            self._home.root,
            self._home.logs / f"{name}.log",
        )
        self._state.processes[name] = self._children[name].record
        self._state.write(self._home)

    def _until(self, condition: Callable[[], Any], name: str, timeout: float) -> Any:
        """Wait for `condition` of the process `name`; its value."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            for child in self._children.values():
                if child.exit_code() is not None:
                    raise StackError(self._death(child))
            if self._stops:
                raise StackError("Stopped while starting.")
            if time.monotonic() > deadline:
                child = self._children[name]
                raise StackError(
                    f"The {name} process did not become ready within {timeout:.0f} s. "
                    f"The end of {child.log}:\n{child.last_lines()}"
                )
            self._sleep(0.05)
        return value

    # --- running ---

    def _supervise(self) -> None:
        while not self._stops:
            self._sleep(self._restarts.next_in())
            self._reap_adopted()
            for name, child in self._children.items():
                if child.exit_code() is not None and not self._restarts.is_due(name):
                    pause = self._restarts.plan(name)
                    if pause is None:
                        raise StackError(f"{self._death(child)}\n  It died too often: stopping.")
                    self._report("say", f"{self._death(child)}\n  Restarting it in {pause:.1f} s.")
            for name in self._restarts.due():
                self._spawn(name)

    def _death(self, child: Child) -> str:
        code = child.exit_code()
        how = (
            f"was killed by signal {-code}" if code is not None and code < 0 else f"ended ({code})"
        )
        return f"The {child.name} process {how}. The end of {child.log}:\n{child.last_lines()}"

    def _reap_adopted(self) -> None:
        """Collect orphans that ended here; the children proper are collected by their `Child`."""
        with suppress(ChildProcessError):
            while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if any(child.pid == found.si_pid for child in self._children.values()):
                    return
                os.waitpid(found.si_pid, os.WNOHANG)

    # --- stopping ---

    def _stop(self) -> None:
        for name, grace in (("worker", TRAINER_STOP + 15.0), ("api", API_STOP), ("redis", 5.0)):
            child = self._children.get(name)
            if child is not None and child.exit_code() is None:
                self._report("say", f"Stopping {name}")
                self._end(child, grace)
        kill_descendants()
        self._home.stack_file.unlink(missing_ok=True)

    def _end(self, child: Child, grace: float) -> None:
        deadline = time.monotonic() + grace
        hurried = self._stops
        child.terminate()
        while child.exit_code() is None:
            if self._stops > max(hurried, 1) or time.monotonic() > deadline:
                self._report("say", f"Killing {child.name}")
                child.kill()
                return
            self._sleep(0.5)

    # --- signals ---

    def _listen(self) -> None:
        os.set_blocking(self._wakeup, False)
        os.set_blocking(self._wakeup_end, False)
        signal.set_wakeup_fd(self._wakeup_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        # SIGHUP says that whoever started this is gone; only a second wish to stop is one to hurry
        self._stops = max(self._stops, 1) if number == signal.SIGHUP else self._stops + 1

    def _sleep(self, seconds: float | None) -> None:
        """Sleep so long (None: for ever), or until a signal comes."""
        readable, _, _ = select.select([self._wakeup], [], [], seconds)
        if readable:
            with suppress(BlockingIOError):
                os.read(self._wakeup, 4096)


def versions() -> str:
    """Versions that matter, and which torch this is, without importing it."""
    try:
        torch = f"torch {importlib.metadata.version('torch')}"
    except importlib.metadata.PackageNotFoundError:
        torch = "no torch: nothing can be trained here"
    return f"Python {platform.python_version()}, {torch}"


def describe(worker: dict[str, Any]) -> str:
    """A worker's slots in words."""
    kinds = [device["kind"] for device in worker["devices"]]
    parts = [
        f"{count} {name} slot{'s' if count > 1 else ''}"
        for name, count in (("GPU", kinds.count("cuda")), ("CPU", kinds.count("cpu")))
        if count
    ]
    return ", ".join(parts)
