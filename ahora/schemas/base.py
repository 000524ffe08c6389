"""Parts that several resources share."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from ahora.config.errors import FieldError
from ahora.texts import one_line, storable_within

Item = TypeVar("Item")

_LINE = AfterValidator(one_line)
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), _LINE]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _LINE]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Schema(BaseModel):
    """A body: unknown keys are refused in requests; NaN travels as the string "NaN"."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        ser_json_inf_nan="strings",
        protected_namespaces=(),
    )


class Request(Schema):
    """A body that clients send, whose texts are stored or looked for."""

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        return storable_within(value)


class Page(Schema, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = None
    """Pass as `cursor` to get the next page; null on the last."""
    total: int | None = None
    """How many match in all, where the list counts them."""


class Problem(Schema):
    """An error (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    """Stable identifier of the kind of error, such as `/problems/run-not-found`."""
    title: str
    status: int
    detail: str
    """What is wrong and what to do about it."""
    errors: list[FieldError] = Field(default_factory=list)
    """The invalid fields of a 422."""
    expected_seq: int | None = None
    """Of a 409 on events: the number the next batch must start with."""
