"""What the worker's owner allows a run to reach: roots, caches and reward functions.

All of it comes from the worker's environment, never from a run.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from worker.trainer.errors import RunError


@dataclass(frozen=True)
class Environment:
    """Settings of the machine a run lands on."""

    cache: Path
    """Where built and unpacked models are kept (AHORA_CACHE)."""
    model_root: Path | None = None
    """Folder that `local:NAME` models are looked up in (AHORA_MODEL_ROOT)."""
    data_root: Path | None = None
    """Folder that JSONL and GSM8K paths are relative to (AHORA_DATA_ROOT)."""
    datasets: Path | None = None
    """Folder of the uploaded datasets that the supervisor fetched, each HASH.jsonl (AHORA_DATASETS)."""
    reward_functions: dict[str, str] = field(default_factory=dict)
    """Allowed Python rewards, name to `module:function` (AHORA_REWARD_FUNCTIONS)."""

    @staticmethod
    def from_environ() -> "Environment":
        """Read the AHORA_* variables; `AHORA_REWARD_FUNCTIONS` is `name=module:function,...`."""
        cache = os.environ.get("AHORA_CACHE") or "~/.cache/ahora"
        functions: dict[str, str] = {}
        for entry in filter(None, os.environ.get("AHORA_REWARD_FUNCTIONS", "").split(",")):
            name, separator, target = entry.strip().partition("=")
            if not separator or ":" not in target:
                raise RunError(
                    "worker_misconfigured",
                    f"AHORA_REWARD_FUNCTIONS has {entry!r}: write name=module:function",
                )
            functions[name] = target
        return Environment(
            cache=Path(cache).expanduser(),
            model_root=_folder("AHORA_MODEL_ROOT"),
            data_root=_folder("AHORA_DATA_ROOT"),
            datasets=_folder("AHORA_DATASETS"),
            reward_functions=functions,
        )


def _folder(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().resolve() if value else None


def inside(root: Path | None, relative: str, variable: str, field_name: str) -> Path:
    """The path `relative` under `root`, refused when it leaves it (symbolic links resolved)."""
    if root is None:
        raise RunError(
            "worker_misconfigured",
            f"{field_name} names {relative!r}, but this worker has no {variable}: set it to the "
            "folder that may be read and restart the worker",
        )
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        raise RunError("path_not_allowed", f"{field_name} {relative!r} leaves {variable}")
    return path
