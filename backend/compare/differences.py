"""Where the configurations of runs differ, as dotted paths."""

from collections.abc import Iterator, Mapping
from typing import Any


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted paths and the values there; lists of sections are numbered, other lists are values."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from flatten(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for index, part in enumerate(value):
            yield from flatten(part, f"{path}.{index}")
    else:
        yield path, value


def differences(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Path to {run id: value} of each field that not all runs have alike.

    A run without the field is absent there. The algorithm's fields come first: they are what is
    compared most.
    """
    flat = {run: dict(flatten(dict(config))) for run, config in configs.items()}
    paths = {path for fields in flat.values() for path in fields}
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(paths, key=lambda path: (not path.startswith("algorithm."), path)):
        values = {run: fields[path] for run, fields in flat.items() if path in fields}
        first = next(iter(values.values()))
        if len(values) < len(flat) or any(not _same(first, value) for value in values.values()):
            found[path] = values
    return found


def _same(a: Any, b: Any) -> bool:
    """Equal, and not only because True == 1."""
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
