"""`python -m worker`: serve queues on this machine."""

import argparse
import logging
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any, NoReturn

from celery import signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from pydantic import ValidationError

from worker import tasks
from worker.api import ApiError, RefusedError
from worker.celery_app import app
from worker.devices import slots
from worker.runtime import WorkerRuntime
from worker.settings import WorkerSettings

log = logging.getLogger("worker")

RING_EXPIRES = 10
"""Seconds after which a worker's own first ring is void."""


def main(argv: list[str] | None = None) -> int:
    """Run a worker until it is told to end; returns the process's exit status."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    for name in ("httpx", "celery.worker.strategy", "celery.app.trace"):  # a line for each ring
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.simplefilter("ignore", CPendingDeprecationWarning)  # on defaults of Celery 6
    warnings.simplefilter("ignore", SecurityWarning)  # root is a danger with pickle, not with JSON
    try:
        settings = WorkerSettings(**_flags(argv))
        places = slots(settings.queues, settings.slots)
        runtime = WorkerRuntime(settings, places, settings.read_token())
    except ValidationError as error:
        return _refuse(_sentence(error))
    except ValueError as error:
        return _refuse(str(error))
    for place in places:
        log.info("slot %d: queue %s, %s", place.index, place.queue, place.device.name)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)  # until Celery has handlers of its own
    try:
        runtime.start()
        return _serve(runtime, settings)
    except RefusedError as error:
        return _refuse(
            f"{settings.url} refuses this worker's token ({error}). Make one with "
            "`ahora token create --kind worker` and give its file with --token-file."
        )
    except ApiError as error:
        return _refuse(f"{settings.url} does not take this worker: {error}")
    finally:
        runtime.leave()


def _serve(runtime: WorkerRuntime, settings: WorkerSettings) -> int:
    tasks.use(runtime)

    def ready(**_: Any) -> None:
        # Closing the terminal must end the worker; Celery would start it anew.
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
        for slot in runtime.slots:  # what was queued while no worker was there
            tasks.work.apply_async(
                kwargs={"queue": slot.queue}, queue=slot.queue, expires=RING_EXPIRES
            )

    def shutting_down(**_: Any) -> None:
        runtime.shutdown.event.set()
        for number in (signal.SIGINT, signal.SIGQUIT):  # a second Ctrl-C
            signal.signal(number, hurry)
        # a log handler must not be entered from a signal handler
        os.write(2, b"worker: trainers save a checkpoint; interrupt again to kill them\n")

    def hurry(*_: object) -> None:
        runtime.shutdown.hurry = True

    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(shutting_down, weak=False)
    app.conf.update(broker_url=settings.redis_url)
    worker = app.Worker(
        hostname=f"{runtime.worker_id[:8]}@{os.uname().nodename}",
        concurrency=len(runtime.slots),
        queues=runtime.queues,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,  # the API hears from this worker; nobody listens on the broker
        quiet=True,
    )
    worker.start()
    return 1 if runtime.refused else 0


def _flags(argv: list[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(
        prog="python -m worker",
        description="Serve Ahora's queues on this machine: claim runs, train them, stream them back.",
        epilog="Every flag is also an environment variable: --token-file is AHORA_TOKEN_FILE.",
    )
    parser.add_argument("--url", help="where the API answers (default http://127.0.0.1:8000)")
    parser.add_argument("--token-file", type=Path, help="file that holds the worker token")
    parser.add_argument("--redis", dest="redis_url", help="broker, such as redis://host:6379/0")
    parser.add_argument(
        "--slots", help="CPU runs at once (a GPU always has one slot; default: from the cores)"
    )
    parser.add_argument("--queues", help="queues to serve: cpu, gpu or cpu,gpu (default: both where "
                        "a GPU is found)")  # fmt: skip
    parser.add_argument("--labels", help="labels that runs may ask for, separated by commas")
    parser.add_argument("--name", dest="worker_name", help="name shown (default: the host's)")
    parser.add_argument("--store", help="artifact store: a folder or an fsspec URL")
    parser.add_argument("--spool", type=Path, help="folder for what is not shipped yet")
    given = vars(parser.parse_args(argv))
    return {name: value for name, value in given.items() if value is not None}


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    return f"AHORA_{name.upper()}: {first['msg'].removeprefix('Value error, ')} (it is {first['input']!r})"


def _end(*_: object) -> NoReturn:
    # Not KeyboardInterrupt: Python may end a process by SIGINT although that was caught.
    sys.exit(0)


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
