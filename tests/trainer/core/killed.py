"""``python -m tests.trainer.core.killed PLACE NUMBER run.json out/ ...``: the trainer, killed with SIGKILL
when it comes to a place for the NUMBER-th time: `fsync` (while it saves) or `check` (while it trains)."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from worker.trainer.__main__ import main
from worker.trainer.stop import Stop


def deadly(place: Callable[..., Any], number: int) -> Callable[..., Any]:
    left = number

    def counted(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return place(*arguments)

    return counted


if __name__ == "__main__":
    place, number, *rest = sys.argv[1:]
    if place == "fsync":
        os.fsync = deadly(os.fsync, int(number))
    else:
        Stop.check = deadly(Stop.check, int(number))  # type: ignore[method-assign]
    sys.exit(main(rest))
