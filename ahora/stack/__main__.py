"""`python -m ahora.stack`: the launcher as a process. Started by `ahora up`, not by people.

Each step goes to its standard output as a line of JSON for whoever started it, and to `logs/launcher.log`.
"""

import argparse
import fcntl
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from ahora.home import Home
from ahora.stack.launcher import Launcher
from ahora.stack.options import Options
from ahora.stack.state import clear_stale

LOCKED = 75
"""Exit status when another launcher has this home (EX_TEMPFAIL)."""


def main() -> int:
    """Run a stack; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ahora.stack")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int)
    parser.add_argument("--slots", type=int)
    given = parser.parse_args()
    home = Home(given.home)
    os.set_blocking(sys.stdout.fileno(), False)
    with home.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return LOCKED
        ended = clear_stale(home)
        if ended:
            _report("say", f"Ended {ended} processes of a launcher that was killed")
        return Launcher(home, Options(given.host, given.port, given.slots), _report).run()


def _report(kind: str, text: str) -> None:
    """Tell whoever started this, as far as they still listen, and the log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {kind}: {text}\n")
    sys.stderr.flush()
    line = json.dumps({"kind": kind, "text": text}) + "\n"
    with suppress(BrokenPipeError, BlockingIOError):  # detached, or nobody reads
        os.write(sys.stdout.fileno(), line.encode())


if __name__ == "__main__":
    sys.exit(main())
