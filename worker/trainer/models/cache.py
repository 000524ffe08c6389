"""Folders that are built once and then shared by every run of a machine."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Report = Callable[[str, int, int], None]
"""Progress: message, step, total (0 when there is nothing to count)."""


def built_once(folder: Path, build: Callable[[Path], None], report: Report) -> Path:
    """`folder`, built by `build(temporary folder)` unless it exists.

    It appears by one rename, so that a build that was killed leaves no half folder; of two processes
    that ask at once one builds while the other waits (and says so through `report`).
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.with_name(folder.name + ".lock"), folder.name, report):
        if folder.is_dir():
            return folder
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            build(temporary)
            temporary.chmod(0o755)  # mkdtemp's 0700 would hide it from the machine's other users
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


@contextmanager
def _lock(path: Path, name: str, report: Report) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"waiting for another run that is building {name}", 0, 0)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
