"""Uploaded datasets that runs read: fetched from the API by their hash, before the trainer starts.

The trainer itself reaches no network: it finds each file as HASH.jsonl in the folder AHORA_DATASETS.
"""

import hashlib
import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from worker.api import RefusedError, RejectedError, UnavailableError, UnknownError, WorkerApi
from worker.inputs import RETRY_AFTER, InputError, StoreUnavailableError

log = logging.getLogger(__name__)

KEPT_BYTES = 4 * 2**30
"""What the folder may hold before files that were not used for longest are deleted."""
_FIELDS = ("dataset", "eval_dataset")


def named(config: Mapping[str, Any]) -> list[str]:
    """Hashes of the uploaded datasets that a configuration names."""
    data = config.get("data", {})
    return [data[field] for field in _FIELDS if data.get(field)]


class DatasetCache:
    """A folder of datasets, shared by the worker's slots. Each file is checked against its hash whenever
    it is asked for."""

    def __init__(self, folder: Path, api: WorkerApi) -> None:
        self.folder = folder
        self._api = api
        self._lock = threading.Lock()

    def fetch(self, sha256: str, wait: Callable[[float], None]) -> Path:
        """The file with this hash.

        `wait` is called between blocks (0) and before a new try (seconds to wait); it may raise
        `InterruptedInputs`.

        Raises:
            InputError: the server does not have it, or what came is something else.
            StoreUnavailableError: the server does not answer.
        """
        path = self.folder / f"{sha256}.jsonl"
        if path.is_file() and _hash_of(path) == sha256:
            path.touch()  # used now: the last to be deleted
            return path
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for delay in (*RETRY_AFTER, None):
            try:
                self._download(sha256, path, wait)
            except UnavailableError as error:
                if delay is None:
                    raise StoreUnavailableError(f"the dataset {sha256[:12]}: {error}") from error
                log.warning("the dataset %s cannot be fetched, trying again: %s", sha256, error)
                wait(delay)
            except UnknownError:
                raise InputError(
                    f"the dataset {sha256[:12]} was deleted from the server: upload it again"
                ) from None
            except (RefusedError, RejectedError) as error:
                raise InputError(f"the dataset {sha256[:12]}: {error}") from error
            else:
                break
        with self._lock:
            self._tidy(path)
        return path

    def _download(self, sha256: str, path: Path, wait: Callable[[float], None]) -> None:
        part = self.folder / f".{uuid.uuid4().hex}"
        try:
            digest = hashlib.sha256()
            with part.open("xb") as file:
                for block in self._api.dataset(sha256):
                    file.write(block)
                    digest.update(block)
                    wait(0)
            if digest.hexdigest() != sha256:
                raise InputError(f"the dataset {sha256[:12]} is not what was uploaded")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _tidy(self, keep: Path) -> None:
        files = sorted(self._files(), key=lambda each: each[1])
        total = sum(size for _, _, size in files)
        for path, _, size in files:
            if total <= KEPT_BYTES:
                return
            if path != keep:
                path.unlink(missing_ok=True)
                total -= size

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        for path in self.folder.glob("*.jsonl"):
            status = path.stat()
            yield path, status.st_mtime, status.st_size


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
