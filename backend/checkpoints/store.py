"""The artifact store as the backend sees it: a folder or an fsspec URL."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from backend.checkpoints.paths import is_inside

BLOCK = 1 << 20


@dataclass(frozen=True)
class OpenFile:
    """A file that is being read."""

    file: IO[bytes]
    size: int

    def blocks(self) -> Iterator[bytes]:
        """Its content; closes it at the end."""
        with self.file as source:
            while block := source.read(BLOCK):
                yield block


IDENTITY_FILE = "ahora-store.json"
"""Written by the first worker (`worker.store`)."""
_RUN = re.compile(r"[0-9a-z]{1,12}")
_ATTEMPT = re.compile(r"attempt-([0-9]{1,9})")
_FOLDER = re.compile(r"step-[0-9]{1,12}|\.step-[0-9]{1,12}\.part")
"""Whole checkpoints, and those whose copying was cut off (`worker.store`)."""


@dataclass(frozen=True)
class Kept:
    """A checkpoint's folder that is in the store."""

    path: str
    """Inside the store."""
    run_id: str
    attempt: int
    size: int
    """Bytes."""


class Store:
    """What lies in the store, and deleting it."""

    def __init__(self, root: str) -> None:
        self._files, base = _filesystem(root)
        self._base = base.rstrip("/")

    @property
    def identity(self) -> str:
        """What workers that reach the same store registered; empty before the first one did."""
        try:
            return str(json.loads(self._files.cat_file(f"{self._base}/{IDENTITY_FILE}"))["id"])
        except FileNotFoundError:
            return ""

    def kept(self) -> list[Kept]:
        """All folders that workers put checkpoints in. What is called otherwise is left alone."""
        found = []
        for run_id in self._names("runs"):
            if not _RUN.fullmatch(run_id):
                continue
            for attempt in self._names(f"runs/{run_id}"):
                number = _ATTEMPT.fullmatch(attempt)
                if number is None:
                    continue
                folder = f"runs/{run_id}/{attempt}"
                found += [
                    Kept(f"{folder}/{name}", run_id, int(number[1]), self._size(f"{folder}/{name}"))
                    for name in self._names(folder)
                    if _FOLDER.fullmatch(name)
                ]
        return found

    def remove(self, path: str) -> None:
        """Delete the folder at `path`; harmless when it is gone. What leaves the store is refused."""
        if not is_inside(path):
            raise ValueError(f"{path!r} is no path inside the store")
        full = f"{self._base}/{path}"
        if isinstance(self._files, LocalFileSystem):
            real = Path(full).resolve()
            if real != Path(self._base).resolve() / path:
                raise ValueError(f"{path!r} leads out of the store")
        with suppress(FileNotFoundError):
            self._files.rm(full, recursive=True)

    def _names(self, path: str) -> list[str]:
        try:
            entries = self._files.ls(f"{self._base}/{path}", detail=True, refresh=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(
            entry["name"].rstrip("/").rpartition("/")[2]
            for entry in entries
            if entry["type"] == "directory" and not entry.get("islink")
        )

    def _size(self, path: str) -> int:
        try:
            return int(self._files.du(f"{self._base}/{path}"))
        except FileNotFoundError:  # deleted while it was looked at
            return 0


def open_file(root: str, path: str) -> OpenFile:
    """The file at `path` (checked by `paths.is_inside`) below `root`.

    Raises FileNotFoundError, also where a link leads out of the root.
    """
    filesystem, base = _filesystem(root)
    full = f"{base.rstrip('/')}/{path}"
    if isinstance(filesystem, LocalFileSystem):
        real = Path(full).resolve()
        if not real.is_relative_to(Path(base).resolve()) or not real.is_file():
            raise FileNotFoundError(path)
        full = str(real)
    return OpenFile(file=filesystem.open(full, "rb"), size=int(filesystem.size(full)))


def _filesystem(root: str) -> tuple[Any, str]:
    filesystem, base = fsspec.core.url_to_fs(root)
    return filesystem, str(base)
