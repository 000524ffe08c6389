"""What chaos runs instead of `python -m worker.trainer`: numbered points, or the real trainer.

A run whose name begins with "real" is handed to the real trainer. Any other writes one metric point a
step, whose value follows from run and step alone, saves a checkpoint every `save_steps` and goes on from
one as the real trainer does. On a full disk it waits with an event and does without a checkpoint, as the
real trainer does too. Needs nothing but the standard library, so that hundreds can start.
"""

import errno
import hashlib
import json
import os
import shutil
import signal
import sys
import time
import zlib
from io import FileIO
from pathlib import Path
from typing import Any

STEP_SECONDS = 0.04
ROOM_SECONDS = 0.1
"""Seconds between tries to write on a full disk."""


def value_of(run_id: str, step: int) -> float:
    """The one value that step `step` of a run has, whichever attempt writes it."""
    return zlib.crc32(f"{run_id}/{step}".encode()) / 2**32


class Trainer:
    """One attempt of a run of points."""

    def __init__(self, job: dict[str, Any], out: Path, events: FileIO) -> None:
        self._run_id: str = job["run_id"]
        self._steps: int = job["config"]["max_steps"]
        self._every: int = job["config"]["checkpoints"]["save_steps"]
        self._given: list[str] | None = job.get("resume_from")
        self._out = out
        self._events = events
        self._stopping = False
        signal.signal(signal.SIGTERM, self._stop)

    def run(self) -> None:
        done = self._resume()
        self._write(type="status", status="running")
        while done < self._steps:
            if self._stopping:
                self._save(done)
                self._write(type="status", status="stopped", reason="Stopped as asked.")
                return
            time.sleep(STEP_SECONDS)
            done += 1
            self._write(
                type="metrics",
                step=done,
                elapsed=done * STEP_SECONDS,
                tokens=done,
                values={"reward": value_of(self._run_id, done)},
            )
            if done % self._every == 0 or done == self._steps:
                self._save(done)
        self._write(type="status", status="completed")

    def _resume(self) -> int:
        if self._given is None:
            return 0
        for folder in map(Path, self._given):
            try:
                state = json.loads((folder / "state.json").read_bytes())
            except (OSError, ValueError):
                continue
            if state["run_id"] != self._run_id:
                raise SystemExit("a checkpoint of another run was handed out")
            self._write(type="resumed", step=state["step"], path=str(folder))
            return int(state["step"])
        self._write(type="resumed", step=0, reason="no checkpoint")
        return 0

    def _save(self, step: int) -> None:
        if step == 0:
            return
        path = f"checkpoints/step-{step:06d}"
        folder, partial = self._out / path, self._out / f"checkpoints/.step-{step:06d}"
        shutil.rmtree(partial, ignore_errors=True)
        content = json.dumps({"run_id": self._run_id, "step": step}).encode()
        try:
            partial.mkdir(parents=True)
            (partial / "state.json").write_bytes(content)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            shutil.rmtree(partial, ignore_errors=True)
            return
        if folder.exists():
            return
        partial.rename(folder)
        described = {
            "path": "state.json",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._write(type="checkpoint", step=step, kind="model", path=path, files=[described])

    def _write(self, **event: Any) -> None:
        left = json.dumps({"time": time.time(), **event}).encode() + b"\n"
        while left:
            try:
                left = left[self._events.write(left) :]
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                if self._stopping:
                    raise SystemExit("no room for the event file") from error
                time.sleep(ROOM_SECONDS)

    def _stop(self, *_: object) -> None:
        self._stopping = True


def main() -> None:
    run_json, out = Path(sys.argv[1]), Path(sys.argv[2])
    job = json.loads(run_json.read_bytes())
    if job["run_name"].startswith("real"):
        os.execv(sys.executable, [sys.executable, "-P", "-m", "worker.trainer", *sys.argv[1:]])
    out.mkdir(parents=True, exist_ok=True)
    with (out / "events.jsonl").open("ab", buffering=0) as events:
        Trainer(job, out, events).run()


if __name__ == "__main__":
    main()
