"""A folder of files that is whole or known not to be: hashes, a manifest, and what forces it to disk."""

import hashlib
import json
import os
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ahora.events import CheckpointFile
from worker.trainer.checkpoints.layout import MANIFEST


class Unusable(Exception):  # noqa: N818 (one checkpoint may be while the next is fine)
    """A checkpoint cannot be used; the message says why, to follow "because "."""


class _Manifest(BaseModel):
    files: list[CheckpointFile]


def described(folder: Path) -> list[CheckpointFile]:
    """Every file under `folder`, by path."""
    return [
        _described(folder, path)
        for path in sorted(path for path in folder.rglob("*") if path.is_file())
    ]


def seal(folder: Path) -> list[CheckpointFile]:
    """Write the manifest of `folder`, force all of it to disk, and describe every file."""
    files = described(folder)
    manifest = folder / MANIFEST
    text = _Manifest(files=files).model_dump_json(indent=2)
    manifest.write_text(text + "\n")
    for path in folder.rglob("*"):
        force_to_disk(path)
    force_to_disk(folder)
    return sorted([*files, _described(folder, manifest)], key=lambda file: file.path)


def verify(folder: Path) -> None:
    """Check that every file of `folder` is what its manifest says. Raises Unusable."""
    if not folder.is_dir():
        raise Unusable("it is not there")
    try:
        manifest = _Manifest.model_validate(json.loads((folder / MANIFEST).read_bytes()))
    except FileNotFoundError:
        raise Unusable(
            f"it has no {MANIFEST}: only a part of it was copied, or it comes from a version of Ahora "
            "that could not resume"
        ) from None
    except (OSError, ValueError, ValidationError) as error:
        raise Unusable(f"its {MANIFEST} cannot be read ({type(error).__name__})") from error
    for file in manifest.files:
        path = folder / file.path
        if ".." in path.parts or not path.is_relative_to(folder):
            raise Unusable(f"its {MANIFEST} names {file.path!r}, which lies elsewhere")
        try:
            size = path.stat().st_size
            if size != file.size:
                raise Unusable(f"{file.path} has {size} bytes instead of {file.size}")
            if _described(folder, path).sha256 != file.sha256:
                raise Unusable(f"{file.path} is damaged (its hash differs)")
        except FileNotFoundError:
            raise Unusable(f"{file.path} is missing") from None
        except OSError as error:
            raise Unusable(f"{file.path} cannot be read ({error.strerror})") from error


def force_to_disk(path: Path) -> None:
    """Make a file's content, or a folder's list of names, survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _described(folder: Path, path: Path) -> CheckpointFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return CheckpointFile(
        path=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256=digest
    )
