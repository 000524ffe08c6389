"""A checkpoint's files as one tar archive, written while it is read."""

import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.checkpoints.store import open_file

BLOCK = tarfile.BLOCKSIZE
"""Tar pads everything to blocks of 512 bytes."""


@dataclass(frozen=True)
class Archive:
    """Files of the store under one folder of an archive."""

    root: str
    """The artifact store."""
    base: str
    """Folder of the files inside the store."""
    folder: str
    """Folder they get inside the archive."""
    files: Sequence[tuple[str, int]]
    """Path inside `base`, and size in bytes."""

    @property
    def size(self) -> int:
        """Bytes of the whole archive."""
        return sum(len(self._header(*file)) + _padded(file[1]) for file in self.files) + 2 * BLOCK

    def blocks(self) -> Iterator[bytes]:
        """Its content. Raises FileNotFoundError or OSError when a file is gone or has another size: the
        download then ends too early, which its length tells."""
        for path, size in self.files:
            opened = open_file(self.root, f"{self.base}/{path}")
            if opened.size != size:
                opened.file.close()
                raise OSError(f"{path} has {opened.size} bytes instead of {size}")
            yield self._header(path, size)
            yield from opened.blocks()
            yield bytes(_padded(size) - size)
        yield bytes(2 * BLOCK)

    def _header(self, path: str, size: int) -> bytes:
        info = tarfile.TarInfo(f"{self.folder}/{path}")
        info.size = size
        return info.tobuf(tarfile.PAX_FORMAT)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
