"""Changes to a configuration by dotted path, as `--set` and the clone route take them."""

import copy
from collections.abc import Mapping
from typing import Any

from ahora.config.errors import VARIANTS, FieldError

TAGS = ("name", "kind")
"""Fields that say which variant of a union a section is."""


class OverrideError(ValueError):
    """A path that leads nowhere; `errors` names it and the remedy."""

    def __init__(self, path: str, message: str, remedy: str) -> None:
        super().__init__(f"{path}: {message}. {remedy}")
        self.errors = [FieldError(path=path, message=message, remedy=remedy)]


def apply_overrides(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `config` with `overrides` (dotted path to value, list items by number) applied.

    Setting the tag of a variant (`algorithm.name`, `data.kind`) drops the fields the new variant does not
    have, so that a preset of SA-AH-GRPO becomes one of GRPO by a single change. Such changes are applied
    first, whatever the order. Values are not validated here.

    Raises:
        OverrideError: a path is empty, goes through a value that is no section, or past a list's end.
    """
    result: dict[str, Any] = copy.deepcopy(dict(config))
    for path in sorted(overrides, key=lambda path: path.rpartition(".")[2] not in TAGS):
        _set(result, path, overrides[path])
    return result


def _set(config: dict[str, Any], path: str, value: Any) -> None:
    parts = path.split(".")
    if not all(parts):
        raise OverrideError(path, "is no dotted path", "Write it like optimizer.learning_rate.")
    node: Any = config
    for depth, part in enumerate(parts[:-1]):
        node = _enter(node, part, path, ".".join(parts[:depth]))
    last = parts[-1]
    if isinstance(node, list):
        node[_index(node, last, path)] = value
    elif isinstance(node, dict):
        node[last] = value
        if last in TAGS and isinstance(value, str) and value in VARIANTS:
            known = VARIANTS[value].model_fields
            for key in [key for key in node if key not in known]:
                del node[key]
    else:
        raise _no_section(path, ".".join(parts[:-1]))


def _enter(node: Any, part: str, path: str, above: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, part, path)]
    if isinstance(node, dict):
        if node.get(part) is None:
            node[part] = {}
        return node[part]
    raise _no_section(path, above)


def _index(items: list[Any], part: str, path: str) -> int:
    if part.isdecimal() and int(part) < len(items):
        return int(part)
    has = f"0 to {len(items) - 1}" if items else "none, as the list is empty"
    raise OverrideError(path, f"{part!r} is no item of the list", f"Use an item's number: {has}.")


def _no_section(path: str, above: str) -> OverrideError:
    return OverrideError(path, f"{above!r} has no fields below it", f"Set {above} itself.")
