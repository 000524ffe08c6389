"""Makes the checkpoints that a job starts from local: the trainer is given folders and fetches nothing."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from ahora.events import CheckpointFile
from ahora.schemas.workers import StoredCheckpoint
from worker.store import ArtifactStore, inside

log = logging.getLogger(__name__)

BLOCK = 4 * 2**20
RETRY_AFTER = (1.0, 5.0)
"""Seconds before each next try at a store that fails."""


class InputError(Exception):
    """A checkpoint is gone or damaged: trying again does not help."""


class StoreUnavailableError(Exception):
    """The artifact store does not answer."""


class InterruptedInputs(Exception):  # noqa: N818 (an order is no error)
    """The attempt is to end, so nothing more is fetched for it."""


class Inputs:
    """Gets checkpoints out of the store.

    Args:
        store: Where they lie.
        into: Folder for what must be downloaded.
        wait: Called between blocks of a download (0) and before a new try (seconds to wait); may raise
            `InterruptedInputs`.
    """

    def __init__(self, store: ArtifactStore, into: Path, wait: Callable[[float], None]) -> None:
        self._store = store
        self._into = into
        self._wait = wait

    def newest(
        self, checkpoints: Sequence[StoredCheckpoint], warn: Callable[[str], None]
    ) -> list[Path]:
        """Folders of `checkpoints` (newest first) that can be had, each reason for a missing one told.

        Of a store that is no local folder only the first whole one is fetched.
        """
        found: list[Path] = []
        for checkpoint in checkpoints:
            try:
                found.append(self.folder(checkpoint))
            except InputError as error:
                warn(f"The checkpoint of step {checkpoint.step} cannot be used: {error}.")
                continue
            if self._store.folder(checkpoint.path) is None:
                break
        return found

    def folder(self, checkpoint: StoredCheckpoint) -> Path:
        """A local folder that holds the files of `checkpoint`.

        In a local store it is the store's own, with every file there in its size (the trainer checks the
        hashes); else the files are downloaded and their hashes checked.

        Raises:
            InputError: a file is missing or is not what was saved, or this is another store.
            StoreUnavailableError: the store fails, again and again.
        """
        if checkpoint.store not in ("", self._store.identity):
            raise InputError("it lies in another artifact store than this worker's")
        try:
            local = self._store.folder(checkpoint.path)
            if local is not None:
                for file in checkpoint.files:
                    _check_size(inside(local, file.path), file)
                return local
            target = self._into / f"{checkpoint.run_id}-{checkpoint.id}"
            for file in checkpoint.files:
                self._fetch(f"{checkpoint.path}/{file.path}", inside(target, file.path), file)
        except ValueError as error:
            raise InputError(str(error)) from error
        return target

    def _fetch(self, path: str, target: Path, file: CheckpointFile) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        for delay in (*RETRY_AFTER, None):
            try:
                self._download(path, target, file)
            except (InputError, InterruptedInputs):
                raise
            except FileNotFoundError:
                raise InputError(f"{file.path} is not in the artifact store any more") from None
            except Exception as error:  # each kind of store has errors of its own
                if delay is None:
                    raise StoreUnavailableError(f"{path}: {error}") from error
                log.warning("%s cannot be read, trying again: %s", path, error)
                self._wait(delay)
            else:
                return

    def _download(self, path: str, target: Path, file: CheckpointFile) -> None:
        digest = hashlib.sha256()
        with self._store.open(path) as source, target.open("wb") as copy:
            while block := source.read(BLOCK):
                copy.write(block)
                digest.update(block)
                self._wait(0)
        if digest.hexdigest() != file.sha256:
            target.unlink()
            raise InputError(f"{file.path} is not what was saved (its hash differs)")


def _check_size(path: Path, file: CheckpointFile) -> None:
    try:
        size = path.stat().st_size
    except OSError:
        raise InputError(f"{file.path} is not in the artifact store any more") from None
    if size != file.size:
        raise InputError(f"{file.path} has {size} bytes instead of {file.size}")
