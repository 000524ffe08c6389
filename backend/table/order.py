"""Sorting runs by several columns, and the cursor that goes on after a row in that order."""

import math
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    false,
    or_,
)

from ahora.status import RunStatus
from backend.db.models import Run
from backend.pages import bad_cursor, cursor_time, decode_cursor, encode_cursor, invalid_field
from backend.table import columns
from backend.table.columns import Kind

MOST_COLUMNS = 8


@dataclass(frozen=True)
class _Key:
    expression: SQLColumnExpression[Any]
    kind: Kind
    descending: bool


class Order:
    """`-metric.reward.max,name`: `-` descends; rows without a value come last either way."""

    def __init__(self, query: Select[Any], sort: str) -> None:
        """`query` selects from `Run`. Raises `Invalid`."""
        self.sort = sort
        self._keys: list[_Key] = []
        names = [part.strip() for part in sort.split(",") if part.strip()]
        if not 1 <= len(names) <= MOST_COLUMNS:
            raise invalid_field(
                "sort",
                f"must name 1 to {MOST_COLUMNS} columns",
                "Write them with commas between, '-' in front for descending.",
            )
        descending = False
        for name in names:
            descending = name.startswith("-")
            column = columns.parse(name.removeprefix("-"), "sort")
            query, found = columns.joined(query, column)
            self._keys += [_Key(expression, kind, descending) for expression, kind in found]
        # the id makes the order total
        self._keys.append(_Key(Run.id, "text", descending))
        self._query = query

    def page(self, limit: int, cursor: str | None, offset: int) -> Select[Any]:
        """The rows (run, then the values it is ordered by) after `cursor`, or from `offset` on."""
        query = self._query.add_columns(*(key.expression for key in self._keys)).limit(limit)
        if cursor is not None:
            query = query.where(self._after(cursor))
        elif offset:
            query = query.offset(offset)
        return query.order_by(
            *(
                key.expression.desc().nulls_last()
                if key.descending
                else key.expression.asc().nulls_last()
                for key in self._keys
            )
        )

    def cursor(self, row: Row[Any]) -> str:
        """Of what comes after `row`."""
        return encode_cursor(self.sort, *row[1 : 1 + len(self._keys)])

    def _after(self, cursor: str) -> ColumnElement[bool]:
        made_for, *values = decode_cursor(cursor, len(self._keys) + 1)
        if made_for != self.sort or not isinstance(values[-1], str):
            raise bad_cursor()
        later: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, given in zip(self._keys, values, strict=True):
            value = None if given is None else _value(key, given)
            later.append(and_(*same, _later(key, value)))
            same.append(key.expression.is_(None) if value is None else key.expression == value)
        return or_(*later)


def _later(key: _Key, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false()
    beyond = key.expression < value if key.descending else key.expression > value
    return or_(beyond, key.expression.is_(None))


def _value(key: _Key, value: Any) -> Any:
    try:
        if key.kind == "time":
            return cursor_time(value)
        if key.kind == "status":
            return RunStatus(value)
        if key.kind == "text":
            return str(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise ValueError("no number")
        stored = cast(ColumnElement[Any], key.expression).type
        if isinstance(stored, Integer) and not abs(value) < 2**31:
            raise ValueError("no number of this column")
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise bad_cursor() from error
