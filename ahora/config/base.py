"""The base class of every configuration section."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ahora.texts import storable_within


class Section(BaseModel):
    """A configuration section: unknown keys are refused, docstrings under fields are help texts."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        allow_inf_nan=False,
        # a class docstring is for readers of the code; the form shows the `title`
        protected_namespaces=(),
    )

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        return storable_within(value)


def hint(
    unit: str | None = None,
    advanced: bool = False,
    title: str | None = None,
    widget: str | None = None,
) -> Any:
    """Presentation hints carried by the JSON Schema: ``x-unit``, ``x-advanced`` and ``x-widget``."""
    extra: dict[str, Any] = {}
    if unit is not None:
        extra["x-unit"] = unit
    if advanced:
        extra["x-advanced"] = True
    if widget is not None:
        extra["x-widget"] = widget
    return Field(title=title, json_schema_extra=extra)


def misfit(path: str, message: str) -> PydanticCustomError:
    """The error of a model validator: values that do not fit together.

    `path` (dotted, below the validated section) is the field to change, which pydantic cannot know.
    """
    return PydanticCustomError("misfit", "{message}", {"message": message, "path": path})


PositiveInt = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
