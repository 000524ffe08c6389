"""Dotted-path overrides of a stored configuration."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ahora.config import RunConfig
from ahora.config.errors import field_errors
from ahora.config.overrides import OverrideError, apply_overrides
from backend.errors import Invalid


def override(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> RunConfig:
    """The configuration with each path (`algorithm.alpha`, `rewards.functions.0.weight`) set.

    Choosing another variant (`algorithm.name`, `data.kind`) drops the fields only the old one had.
    Raises `Invalid`, which names the field.
    """
    try:
        return RunConfig.model_validate(apply_overrides(config, overrides))
    except OverrideError as error:
        raise Invalid(str(error), errors=error.errors) from error
    except ValidationError as error:
        errors = field_errors(error)
        first = errors[0]
        raise Invalid(
            f"With these overrides {first.path or 'the configuration'} is not valid: "
            f"{first.message}. {first.remedy}",
            errors=errors,
        ) from error
