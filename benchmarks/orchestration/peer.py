"""Celery alone, as a floor for what a dispatch can cost: `python -m benchmarks.orchestration.peer`."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from celery import Celery

from benchmarks.orchestration.waiting import says, wait_for

app = Celery("peer", broker=os.environ.get("PEER_BROKER"))
app.conf.update(
    task_ignore_result=True,
    task_default_queue="peer",
    worker_pool="threads",
    worker_hijack_root_logger=False,
)


@app.task(name="peer.note")
def note(folder: str, name: str) -> None:
    """Say when the task started."""
    now = time.time()
    partial = Path(folder, f"{name}.part")
    partial.write_text(repr(now))
    partial.rename(Path(folder, name))


def celery_alone(broker: str, root: Path, count: int = 60) -> list[float]:
    """Seconds from sending a task to its start, one after the other."""
    notes = root / "peer"
    notes.mkdir()
    log = root / "peer.log"
    with log.open("ab") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.orchestration.peer"],
            env={**os.environ, "PEER_BROKER": broker},
            stdout=output,
            stderr=output,
        )
    producer = Celery("peer", broker=broker)
    waits = []
    try:
        wait_for(partial(says, log, "ready"), "Celery")
        for number in range(count):
            name = str(number)
            before = time.time()
            producer.send_task("peer.note", args=[str(notes), name], queue="peer")
            wait_for((notes / name).exists, f"task {name}", every=0.001)
            waits.append(float((notes / name).read_text()) - before)
    finally:
        worker.terminate()
        worker.wait()
        producer.close()
    return waits


if __name__ == "__main__":
    app.worker_main(["worker", "--loglevel", "INFO", "--concurrency", "2", "--queues", "peer"])
