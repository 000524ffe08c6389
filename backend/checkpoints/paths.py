"""Paths inside the artifact store that cannot leave it."""

from pathlib import PurePosixPath


def is_inside(path: str) -> bool:
    """Whether `path` is relative, in its shortest form and stays below its root on any system."""
    if not path.isprintable() or not path or "\\" in path or ":" in path:
        return False
    parts = PurePosixPath(path).parts
    return "/".join(parts) == path and ".." not in parts and parts[0] != "/"


def rejection(folder: str, files: list[str], prefix: str) -> str | None:
    """Why a checkpoint at `folder` with `files` is not accepted, or None when it is.

    It must lie below `prefix`, the attempt's own folder, so that no attempt can name another's files.
    """
    if not is_inside(folder) or not folder.startswith(prefix) or len(folder) > 1000:
        return f"its path {folder[:200]!r} is not a folder below {prefix!r}"
    bad = next((name for name in files if not is_inside(name)), None)
    if bad is not None:
        return f"its file {bad[:200]!r} would lie outside its folder"
    if len(set(files)) != len(files):
        return "it lists a file twice"
    return None
