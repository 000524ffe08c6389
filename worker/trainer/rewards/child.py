"""The scoring process: JSON lines on stdin, an answer a line on stdout.

    {"parent": pid, "memory_limit": bytes or null, "functions": [spec, ...]}    -> {"ready": true}
    {"function": index, "items": [item, ...]}       -> a line for each: {"score": x} or {"error": text}

It never imports torch, so that it starts quickly, and ends with its parent, even in the middle of a
score that hangs.
"""

import ctypes
import json
import math
import numbers
import os
import resource
import signal
import sys
from typing import Any

from worker.trainer.rewards.foreign import Item, Scorer, make_scorer

_PR_SET_PDEATHSIG = 1
_MAX_MESSAGE = 500


def main() -> None:
    """Serve until stdin ends."""
    # what the functions print must not end up between the answers, nor may they read the requests
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (os.dup2 wants a descriptor)
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)

    hello = json.loads(requests.readline())
    _end_with_parent(hello["parent"])
    # a stop signals the whole group: the trainer finishes its step first and needs the scores for it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    scorers: list[Scorer] = []
    for spec in hello["functions"]:
        try:
            scorers.append(make_scorer(spec))
        except BaseException as error:  # an imported module may even call sys.exit
            _say(answers, {"error": _describe(error), "function": len(scorers)})
            return
    if hello["memory_limit"] is not None:
        resource.setrlimit(resource.RLIMIT_AS, (hello["memory_limit"],) * 2)
    _say(answers, {"ready": True})
    for line in requests:
        batch = json.loads(line)
        for item in batch["items"]:
            _say(answers, _answer(scorers[batch["function"]], item))


def _answer(scorer: Scorer, item: Item) -> dict[str, Any]:
    try:
        value = scorer(item)
        if not isinstance(value, numbers.Real):
            return {"error": f"gave a {type(value).__name__}, not a number"}
        score = float(value)
    except BaseException as error:  # whatever it is, it is a fault of this one score
        return {"error": _describe(error)}
    return {"score": score} if math.isfinite(score) else {"error": f"gave {score}"}


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_MAX_MESSAGE].removesuffix(": ")


def _say(answers: Any, answer: dict[str, Any]) -> None:
    data = memoryview(json.dumps(answer).encode() + b"\n")
    while data:
        data = data[answers.write(data) :]


def _end_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the signal was ordered
        sys.exit()


if __name__ == "__main__":
    main()
