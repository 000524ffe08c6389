"""Keeps checkpoints in the artifact store: a local folder, or anything fsspec reaches (`s3://...`)."""

import json
import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ahora.events import CheckpointEvent

IDENTITY_FILE = "ahora-store.json"


class ArtifactStore:
    """Files under one root. Paths inside it are relative, with forward slashes."""

    def __init__(self, url: str) -> None:
        """Open the store at `url`; a plain path is a local folder.

        Raises `ValueError` with a sentence for people when it cannot be written and read.
        """
        local = Path(url).expanduser().absolute()
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url if "://" in url else str(local))
            self._local = Path(self._root) if isinstance(self._fs, LocalFileSystem) else None
            self.identity = self._identity()
            """A random id kept inside the store: equal for everybody who reaches the same one."""
        except Exception as error:  # each kind of store has errors of its own
            raise ValueError(f"The artifact store {url} cannot be used: {error}") from error

    def _identity(self) -> str:
        path = f"{self._root}/{IDENTITY_FILE}"
        if not self._fs.exists(path):
            self._fs.makedirs(self._root, exist_ok=True)
            fresh = f"{path}.{uuid.uuid4().hex}"
            self._fs.pipe_file(fresh, json.dumps({"id": uuid.uuid4().hex}).encode())
            if self._local is not None:
                with suppress(FileExistsError):  # of two workers that start, the first one decides
                    os.link(fresh, path)
                os.unlink(fresh)  # noqa: PTH108 -- the pair of os.link
            else:
                self._fs.mv(fresh, path)
        value: dict[str, Any] = json.loads(self._fs.cat_file(path))
        return str(value["id"])

    def keep(self, event: CheckpointEvent, out: Path, prefix: str) -> CheckpointEvent:
        """Copy a checkpoint's files from the trainer's folder `out` to `PREFIX/step-NNNNNN`.

        Returns the event with the path inside the store. Raises `ValueError` when the event names a
        path outside its folder, `OSError` when a file is missing or cannot be copied.
        """
        source = inside(out, event.path)
        target = f"{prefix}/step-{event.step:06d}"
        files = [file.path for file in event.files]
        for file in files:
            inside(source, file)
        if self._local is not None:
            _copy_folder(source, files, self._local / target)
        else:
            for file in files:
                self._fs.put_file(str(source / file), f"{self._root}/{target}/{file}")
        return event.model_copy(update={"path": target})

    def folder(self, path: str) -> Path | None:
        """The folder `path` of a local store; None when its files must be fetched."""
        return None if self._local is None else inside(self._local, path)

    def open(self, path: str) -> IO[bytes]:
        """Read the file `path`. Raises `FileNotFoundError`, and each kind of store errors of its own."""
        file: IO[bytes] = self._fs.open(f"{self._root}/{path}", "rb")
        return file

    def remove(self, prefix: str, step: int) -> None:
        """Delete the checkpoint of a step, if it is there."""
        path = f"{self._root}/{prefix}/step-{step:06d}"
        with suppress(FileNotFoundError):
            self._fs.rm(path, recursive=True)


def inside(root: Path, relative: str) -> Path:
    """The path `relative` under `root`, refused when it leaves it."""
    parts = PurePosixPath(relative)
    path = root / parts
    if (
        parts.is_absolute()
        or ".." in parts.parts
        or not path.resolve().is_relative_to(root.resolve())
    ):
        raise ValueError(f"checkpoint path {relative!r} leaves its folder")
    return path


def _copy_folder(source: Path, files: list[str], target: Path) -> None:
    """Hard links where the file system has them, else copies; the folder appears by one rename."""
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    for file in files:
        copy = partial / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / file, copy)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            shutil.copyfile(source / file, copy)
    if target.exists():  # kept by a worker that died before it could say so
        shutil.rmtree(target)
    partial.rename(target)
