"""What can be launched: a preset's name, a file, or a configuration."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ahora.client.errors import InvalidInputError
from ahora.config import RunConfig
from ahora.config.errors import FieldError, field_errors
from ahora.config.overrides import OverrideError, apply_overrides

_SUFFIXES = {".yaml", ".yml", ".json"}

Source = str | Path | RunConfig | Mapping[str, Any]
"""A preset's name, the path of a YAML or JSON file, or a configuration."""


def is_file(source: str | Path) -> bool:
    """Whether `source` means a file, not a preset: it has a file's ending, or a folder in it."""
    return isinstance(source, Path) or Path(source).suffix in _SUFFIXES or "/" in source


def read_file(path: Path) -> dict[str, Any]:
    """The configuration in a YAML or JSON file. A file that has it under `config`, as presets do, or under
    `run`, as exports do, is taken too.

    Raises:
        InvalidInputError: the file cannot be read or holds no configuration.
    """
    value = read_mapping(path)
    holder = value.get("run", value)
    inner = holder.get("config") if isinstance(holder, dict) else None
    return inner if isinstance(inner, dict) else value


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a YAML or JSON file holds.

    Raises:
        InvalidInputError: the file cannot be read or holds none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError.of(f"{path} cannot be read: {error}") from error
    value = _parse(path, text)
    if not isinstance(value, dict):
        raise InvalidInputError.of(
            f"{path} holds no configuration: write sections such as `algorithm:` and `optimizer:`."
        )
    return value


def _parse(path: Path, text: str) -> Any:
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidInputError.of(f"{path} is no valid JSON: {error}.") from error
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInputError.of(f"{path} is no valid YAML: {error}") from error


def configuration(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> RunConfig:
    """`base` with `overrides`, validated.

    Raises:
        InvalidInputError: with the fields that are wrong.
    """
    try:
        return RunConfig.model_validate(apply_overrides(base, overrides))
    except OverrideError as error:
        raise _invalid(error.errors) from error
    except ValidationError as error:
        raise _invalid(field_errors(error)) from error


def override_base(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `overrides`, not validated. Raises `InvalidInputError` for a path that leads nowhere."""
    try:
        return apply_overrides(base, overrides)
    except OverrideError as error:
        raise _invalid(error.errors) from error


def _invalid(errors: list[FieldError]) -> InvalidInputError:
    return InvalidInputError.of("The configuration is invalid:", errors)
