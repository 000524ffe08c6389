"""Conditions of the run table: `config.optimizer.learning_rate>1e-5`, `metric.reward.max>=0.8`.

A condition is a column, a comparison and a value. `=` and `!=` take alternatives (`seed=0|1`), and
`null` for what a run has no value of; `~` and `!~` look for a text inside the value, in any case. A
value in double quotes is a JSON string, for texts that hold a bar or quotes.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ahora.status import RunStatus
from ahora.texts import storable
from backend.db.models import ConfigField, MetricSeries, Run
from backend.pages import invalid_field
from backend.table.columns import RUN, Column, Kind, aggregate_of, parse

_OPERATOR = re.compile(r"<=|>=|!=|!~|=|<|>|~")
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^|]+')

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": eq,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
ORDERED = ("<", "<=", ">", ">=")


def condition(text: str) -> ColumnElement[bool]:
    """The condition as SQL on `Run`. Raises `Invalid`."""
    found = _OPERATOR.search(text)
    name = "" if found is None else text[: found.start()].strip()
    if found is None or not name:
        raise invalid_field(
            "where",
            f"is no condition: {text!r}",
            "Write COLUMN, one of = != < <= > >= ~ !~, and a value, such as metric.reward.max>0.8.",
        )
    operator, value = found[0], text[found.end() :].strip()
    column = parse(name, "where")
    if operator in ORDERED:
        return _holds(column, operator, [value])
    negative = operator.startswith("!")
    operator = operator.removeprefix("!")
    holds = _holds(column, operator, _alternatives(value, operator))
    return not_(holds) if negative else holds


def _alternatives(value: str, operator: str) -> list[str | None]:
    if operator == "~":
        return [_unquoted(value)]
    parts = dict.fromkeys(part.strip() for part in _PART.findall(value) or [""])
    return [None if part == "null" else _unquoted(part) for part in parts]


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return storable(str(json.loads(text)))
    except ValueError as error:
        raise invalid_field(
            "where", f"has a broken string: {text}", 'Quote it as JSON does: "a \\"b\\"".'
        ) from error


def _holds(column: Column, operator: str, values: Sequence[str | None]) -> ColumnElement[bool]:
    """Whether the comparison with any of `values` holds; None stands for no value."""
    if column.source == "run":
        attribute, kind = RUN[column.key]
        return or_(*(_of_run(column, attribute, kind, operator, value) for value in values))
    given = [value for value in values if value is not None]
    if column.source == "config":
        here: InstrumentedAttribute[str] = Run.config_hash
        inside = select(ConfigField.config).where(ConfigField.path == column.key)
        tests = [_of_field(column, operator, value) for value in given]
    else:
        here = Run.id
        inside = select(MetricSeries.run_id).where(
            MetricSeries.key == column.key,
            MetricSeries.newest,
            # one that never was a number is none, as in groups and sorts
            aggregate_of(MetricSeries, column.aggregate).is_not(None),
        )
        tests = [_of_metric(column, operator, value) for value in given]
    either = [] if None not in values else [here.not_in(inside)]
    if tests:
        # its own step: else PostgreSQL asks for each run anew whether it is among them
        found = inside.where(or_(*tests)).cte().prefix_with("MATERIALIZED", dialect="postgresql")
        either.append(here.in_(select(found.c[0])))
    return or_(*either)


def _of_field(column: Column, operator: str, value: str) -> ColumnElement[bool]:
    if operator == "~":
        return ConfigField.text.icontains(value, autoescape=True)
    if operator != "=":
        return _compare(ConfigField.number, operator, _number(column, value))
    try:
        number = float(value)
    except ValueError:
        return ConfigField.text == value
    return or_(
        and_(ConfigField.number == number, ConfigField.text.is_(None)), ConfigField.text == value
    )


def _of_metric(column: Column, operator: str, value: str) -> ColumnElement[bool]:
    if operator == "~":
        raise _no_text(column)
    return _compare(aggregate_of(MetricSeries, column.aggregate), operator, _number(column, value))


def _of_run(
    column: Column,
    attribute: InstrumentedAttribute[Any],
    kind: Kind,
    operator: str,
    value: str | None,
) -> ColumnElement[bool]:
    if value is None:
        return attribute.is_(None)
    if kind == "number":
        if operator == "~":
            raise _no_text(column)
        return _known(attribute, _compare(attribute, operator, _number(column, value)))
    if kind == "time":
        return _known(attribute, _at_time(column, attribute, operator, value))
    if operator in ORDERED:
        raise invalid_field(
            "where", f"cannot order the texts of {column.name}", "Use =, !=, ~ or !~."
        )
    if kind == "status":
        return Run.status.in_(
            [each for each in RunStatus if (each == value if operator == "=" else value in each)]
        )
    if operator == "~":
        return _known(attribute, attribute.icontains(value, autoescape=True))
    return _known(attribute, attribute == value)


def _known(attribute: InstrumentedAttribute[Any], test: ColumnElement[bool]) -> ColumnElement[bool]:
    """False, not unknown, where there is no value: so that its opposite holds there."""
    return func.coalesce(test, false()) if attribute.nullable else test


def _at_time(
    column: Column, attribute: InstrumentedAttribute[Any], operator: str, value: str
) -> ColumnElement[bool]:
    try:
        time = datetime.fromisoformat(value)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_field(
            "where",
            f"compares {column.name} with {value!r}, which is no time",
            "Write it like 2026-11-24 or 2026-11-24T09:00:00+00:00 (UTC without a zone).",
        ) from error
    if operator in ORDERED:
        return _compare(attribute, operator, time)
    raise invalid_field("where", f"needs <, <=, > or >= for {column.name}", "Times have an order.")


def _compare(expression: Any, operator: str, value: Any) -> ColumnElement[bool]:
    return COMPARISONS[operator](expression, value)  # type: ignore[no-any-return]


def _number(column: Column, value: str) -> float:
    try:
        number = float(value)
        if math.isnan(number):
            raise ValueError("not a number")
    except ValueError as error:
        raise invalid_field(
            "where",
            f"compares {column.name} with {value!r}, which is no number",
            "Write a number such as 0.8 or 1e-5.",
        ) from error
    return number


def _no_text(column: Column) -> Exception:
    return invalid_field(
        "where", f"looks for a text in {column.name}, which is a number", "Use =, <, <=, > or >=."
    )
