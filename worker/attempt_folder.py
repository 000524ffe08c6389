"""The spool folder of one attempt: everything a later worker needs to finish what this one began."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ahora.schemas.workers import Job


class AttemptFolder:
    """`SPOOL/<attempt id>/`: `job.json`, `run.json`, `in/` and `out/` of the trainer, `spool.jsonl`, `lock`.

    The lock is held as long as the worker process that owns the attempt lives: the kernel drops it at
    its death, and only then may another worker touch the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spool = path / "spool.jsonl"
        self.run_json = path / "run.json"
        self.inputs = path / "in"
        self.out = path / "out"
        self.events = self.out / "events.jsonl"
        self._lock: int | None = None

    @staticmethod
    def create(root: Path, job: Job) -> "AttemptFolder":
        """A new folder for `job`, locked."""
        if not job.attempt_id.isalnum():
            raise ValueError(f"attempt id {job.attempt_id!r} is no name for a folder")
        folder = AttemptFolder(root / job.attempt_id)
        folder.path.mkdir(mode=0o700, parents=True)
        folder.out.mkdir()
        locked = folder.lock()
        assert locked
        # Last: a folder with a job is complete.
        (folder.path / "job.json").write_text(job.model_dump_json())
        return folder

    def write_run(self, job: Job, /, **inputs: Any) -> None:
        """Write what the trainer reads: the job, and the local `inputs` it starts from."""
        run = {
            "config": job.config,
            "run_id": job.run_id,
            "run_name": job.run_name,
            "attempt": job.attempt,
            **inputs,
        }
        self.run_json.write_text(json.dumps(run, indent=2))

    def lock(self) -> bool:
        """Take the folder; False when a living worker has it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def job(self) -> Job | None:
        """The job, or None when the worker died before it had written it down."""
        try:
            return Job.model_validate_json((self.path / "job.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def release(self) -> None:
        """Let go of the folder but keep it for a later worker."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def remove(self) -> None:
        """Delete the folder: everything in it is stored elsewhere or worth nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()
