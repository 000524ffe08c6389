"""Cursors of lists: opaque to clients, a JSON array inside."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query

from ahora.config.errors import FieldError
from ahora.texts import storable_within
from backend.errors import Invalid

Limit = Annotated[int, Query(ge=1, le=500, description="Entries on a page.")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before.")
]


def encode_cursor(*parts: Any) -> str:
    """A cursor that holds `parts`."""
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in parts]
    packed = json.dumps(plain, ensure_ascii=False).encode()  # a name of 200 emoji fits as well
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The parts of a cursor of `length` parts. Raises `Invalid`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = storable_within(json.loads(raw))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(parts, list) or len(parts) != length:
        raise bad_cursor()
    return parts


def cursor_time(part: Any) -> datetime:
    """A time out of a cursor. Raises `Invalid` for what `encode_cursor` cannot have written."""
    try:
        return datetime.fromisoformat(part).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise bad_cursor() from error


def bad_cursor() -> Invalid:
    """The error of a cursor that this list did not make."""
    return invalid_field(
        "cursor",
        "is not a cursor of this list and sort order",
        "Pass next_cursor as it was given, with the same sort; without a cursor the list starts anew.",
    )


def invalid_field(path: str, message: str, remedy: str) -> Invalid:
    """A 422 about one field."""
    error = FieldError(path=path, message=message, remedy=remedy)
    return Invalid(f"{path} {message}. {remedy}", errors=[error])
