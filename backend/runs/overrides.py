"""Dotted-path overrides of a configuration."""

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ahora.config import RunConfig
from ahora.config.errors import field_errors
from backend.errors import Invalid
from backend.pages import invalid_field


def override(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> RunConfig:
    """The configuration with each path (`algorithm.alpha`, `rewards.functions.0.weight`) set.

    Choosing another variant (`algorithm.name`, `data.kind`) drops the fields only the old one had.
    Raises `Invalid`, which names the field.
    """
    changed = copy.deepcopy(dict(config))
    # a variant first, so that its own fields can be set in the same breath
    for path in sorted(overrides, key=lambda path: path not in _VARIANTS):
        if path in _VARIANTS:
            _choose(changed, path, overrides[path])
        else:
            _set(changed, path, overrides[path])
    try:
        return RunConfig.model_validate(changed)
    except ValidationError as error:
        errors = field_errors(error)
        first = errors[0]
        raise Invalid(
            f"With these overrides {first.path or 'the configuration'} is not valid: "
            f"{first.message}. {first.remedy}",
            errors=errors,
        ) from error


_VARIANTS = {"algorithm.name", "data.kind"}


def _choose(config: dict[str, Any], path: str, variant: Any) -> None:
    section, tag = path.split(".")
    if config[section][tag] == variant:
        return
    try:
        fresh = RunConfig.model_validate({section: {tag: variant}}).resolved()[section]
    except ValidationError:
        fresh = {}  # unknown, or a variant with required fields: validated with the rest
    kept = {name: value for name, value in config[section].items() if name in fresh}
    config[section] = {**kept, tag: variant}


def _set(config: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    target: Any = config
    for part in parents:
        target = _child(target, part, path)
    if isinstance(target, list):
        target[_index(target, last, path)] = value
    elif isinstance(target, dict):
        target[last] = value
    else:
        raise _no_such(path)


def _child(target: Any, part: str, path: str) -> Any:
    if isinstance(target, list):
        return target[_index(target, part, path)]
    if not isinstance(target, dict) or part not in target:
        raise _no_such(path)
    return target[part]


def _index(target: list[Any], part: str, path: str) -> int:
    if not part.isdecimal() or int(part) >= len(target):
        raise _no_such(path)
    return int(part)


def _no_such(path: str) -> Invalid:
    return invalid_field(
        path,
        "is not a field of this run's configuration",
        "Write the path with dots, such as algorithm.alpha; the run's page shows all fields.",
    )
