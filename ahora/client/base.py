"""What the parts of the client share."""

from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from ahora.client.errors import InvalidInputError
from ahora.client.transport import Params, Transport
from ahora.config.errors import field_errors
from ahora.schemas.base import Page

Item = TypeVar("Item")
Body = TypeVar("Body", bound=BaseModel)


class Part:
    """A group of the client's methods."""

    _transport: Transport

    def _pages(
        self, item: type[Item], path: str, params: Params, limit: int | None
    ) -> Iterator[Item]:
        """The items of a list, page after page, at most `limit`."""
        left = limit
        query: dict[str, Any] = dict(params)
        while left is None or left > 0:
            query["limit"] = 200 if left is None else min(left, 200)
            page: Page[Item] = self._transport.call(Page[item], "GET", path, params=query)  # type: ignore[valid-type]
            yield from page.items
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor
            left = None if left is None else left - len(page.items)


def make_body(kind: type[Body], refused: str, /, **fields: Any) -> Body:
    """A request's body. Raises `InvalidInputError`, which begins with `refused` and names the fields."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise InvalidInputError.of(refused, field_errors(error)) from error


def part(value: str) -> str:
    """`value` as one part of a path."""
    return quote(value, safe="")
