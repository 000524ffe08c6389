"""Starting, finding and stopping a stack, as the command line does."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import psutil

from ahora.home import Home
from ahora.stack.__main__ import LOCKED
from ahora.stack.launcher import API_STOP, TRAINER_STOP
from ahora.stack.options import Options
from ahora.stack.process import dies_with_parent
from ahora.stack.redis import StackError
from ahora.stack.state import StackState, clear_stale, running

Say = Callable[[str], None]

STOP_TIMEOUT = TRAINER_STOP + API_STOP + 30.0
"""Seconds a stack may take to stop before it is killed."""
OTHER_START_TIMEOUT = 120.0


_NEEDED = ("fastapi", "uvicorn", "celery", "redis")


class InterruptedStack(BaseException):
    """This process was asked to end (SIGTERM, or its terminal was closed)."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into `InterruptedStack`, so that a stack is stopped and waited for."""

    def handler(number: int, frame: FrameType | None) -> NoReturn:
        raise InterruptedStack

    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class OwnedStack:
    """A stack this process started and reads the reports of."""

    def __init__(self, home: Home, process: "subprocess.Popen[str]", say: Say) -> None:
        self.home = home
        self._process = process
        self._say = say
        self.seconds = 0.0
        """How long it took to be ready."""

    def wait_ready(self) -> None:
        """Read reports until it is ready.

        Raises:
            StackError: it could not start; the message has the reason and the end of the log.
            LockedError: another launcher has the home.
        """
        for kind, text in self._reports():
            if kind == "error":
                self._process.wait()
                raise StackError(text)
            if kind == "ready":
                self.seconds = float(text)
                return
            self._say(text)
        code = self._process.wait()
        if code == LOCKED:
            raise LockedError
        raise StackError(
            f"The launcher ended ({code}) before the stack was ready. "
            f"See {self.home.logs / 'launcher.log'}."
        )

    def serve(self) -> int:
        """Read reports until the stack ends; returns its exit status."""
        for kind, text in self._reports():
            self._say(f"error: {text}" if kind == "error" else text)
        return self._process.wait()

    def stop(self) -> int:
        """Stop it and wait; a second interrupt kills what is left at once. Returns its exit status."""
        self._process.terminate()
        while True:
            try:
                return self.serve()
            except (KeyboardInterrupt, InterruptedStack):
                self._say("Killing what is left")
                self._process.terminate()

    def release(self) -> None:
        """Let it run on without this process."""
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.returncode = 0  # its end is not ours to wait for

    def _reports(self) -> Iterator[tuple[str, str]]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            report = json.loads(line)
            yield report["kind"], report["text"]


class LockedError(Exception):
    """Another launcher has this home."""


def start(home: Home, options: Options, say: Say, *, detach: bool) -> OwnedStack | StackState:
    """Start a stack and wait until it is ready.

    Returns:
        The stack, or the state of the one that runs in this home already.

    Raises:
        StackError: it cannot run; nothing is left behind.
    """
    state = find_running(home)
    if state is not None:
        return state
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise StackError(
            f"A stack needs {', '.join(missing)}: pip install 'ahora[api,worker,embedded]' "
            "(in a clone: make setup)."
        )
    stack = launch(home, options, say, detach=detach)
    importlib.import_module("ahora.client")  # needed next: load it while the others start
    try:
        stack.wait_ready()
    except LockedError:
        state = find_running(home)
        if state is None:
            raise StackError("Another start of this stack failed: try again.") from None
        return state
    except BaseException:
        stack.stop()
        raise
    return stack


def launch(home: Home, options: Options, say: Say, *, detach: bool) -> OwnedStack:
    """Start a launcher, without waiting for it. Unless `detach`, it stops when this process ends, however
    that ends."""
    for folder in (home.root, home.logs, home.user_token_file.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-m", "ahora.stack", "--home", str(home.root)]
    command += ["--host", options.host]
    command += ["--port", str(options.port)] if options.port is not None else []
    command += ["--slots", str(options.slots)] if options.slots is not None else []
    with (home.logs / "launcher.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, "AHORA_HOME": str(home.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            # one thread here, so a child cannot find a lock taken
            preexec_fn=None if detach else dies_with_parent(signal.SIGHUP),  # noqa: PLW1509
        )
    return OwnedStack(home, process, say)


def find_running(home: Home) -> StackState | None:
    """The stack of this home, waited for while it starts; None when there is none.

    Raises:
        StackError: it does not become ready.
    """
    deadline = time.monotonic() + OTHER_START_TIMEOUT
    while (state := running(home)) is not None:
        if state.ready:
            return state
        if time.monotonic() > deadline:
            raise StackError(
                f"Another start of this stack (process {state.launcher.pid}) does not become ready. "
                "Stop it with `ahora down`."
            )
        time.sleep(0.1)
    return None


def stop(home: Home, say: Say) -> bool:
    """Stop the stack of this home and wait; returns whether there was one."""
    state = running(home)
    launcher = None if state is None else state.launcher.find()
    if launcher is None:
        ended = clear_stale(home)
        if ended:
            say(f"Ended {ended} processes of a launcher that was killed")
        return ended > 0
    say(f"Stopping the stack in {home.root} (process {launcher.pid})")
    try:
        launcher.terminate()
        launcher.wait(timeout=STOP_TIMEOUT)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        say("It does not stop: killing it")
        launcher.kill()
        launcher.wait(timeout=10)
        clear_stale(home)
    return True
