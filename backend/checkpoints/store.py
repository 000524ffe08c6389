"""Reading the artifact store: a folder or an fsspec URL."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

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
