"""Runs one command and sees to it that nothing of it outlives the worker.

`python -m worker.launcher COMMAND...` stands between a supervisor and its trainer:

- its standard input is a pipe from the worker that never carries a byte. When it ends, because the worker
  closed it or was killed, the command and every descendant are killed. (A parent-death signal would
  fire when the worker's *thread* ends.)
- it is the subreaper of the tree, so that a descendant which left the process group or lost its parent
  is still its child, found and killed.
- SIGTERM is passed on to the command's process group. When the command ends by itself, what it left
  behind is killed.

It ends with the command's exit code, or 128 + N when signal N killed it.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

SIGNALLED = 128
"""Exit codes above this one mean a signal, as shells have it."""


def main(command: list[str]) -> int:
    """Run `command` to its end and return the exit code."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    wakeups = _signal_pipe()
    launcher = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != launcher:  # died before the line above
            os._exit(SIGNALLED + signal.SIGKILL)
        # When memory runs out, the trainer goes first, not the worker, the API or Redis beside it.
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")

    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=before_exec,  # noqa: PLW1509 -- this process has one thread
    )
    code = _watch(child.pid, wakeups)
    _kill_descendants()
    child.returncode = code or 0  # collected by _reap, so that Popen has nothing to wait for
    return SIGNALLED + signal.SIGKILL if code is None else code


def _signal_pipe() -> int:
    """A descriptor that becomes readable, with the signal's number, at SIGTERM and SIGCHLD."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, _noted)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return readable


def _noted(number: int, frame: FrameType | None) -> None:
    """The wake-up descriptor carries the signal."""


def _watch(child: int, wakeups: int) -> int | None:
    """Pass signals on until the command ends (its exit code) or the worker is gone (None)."""
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(wakeups, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == 0:
                    if not os.read(0, 1024):
                        return None
                    continue
                if signal.SIGTERM in os.read(wakeups, 1024):
                    with suppress(ProcessLookupError):
                        os.killpg(child, signal.SIGTERM)
                code = _reap(child)
                if code is not None:
                    return code


def _reap(child: int) -> int | None:
    """Collect every descendant that has ended; the exit code of `child` when it is among them."""
    code = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                ended = os.waitstatus_to_exitcode(status)
                code = ended if ended >= 0 else SIGNALLED - ended
    return code


def _kill_descendants() -> None:
    """Kill until nothing is left: a descendant may fork while its siblings are being killed."""
    me = psutil.Process()
    while descendants := me.children(recursive=True):
        for process in descendants:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _reap(0)
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
