"""Runs grouped by columns: how many, in which states, and mean and spread of the numbers."""

import json
import math
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Row, Select, case, func, select
from sqlalchemy.orm import Session

from ahora.schemas.table import ColumnSpread, TableGroup, TableGroups, Value
from ahora.status import RunStatus
from backend.compare.student import student_975
from backend.db.models import Run
from backend.pages import invalid_field
from backend.runs import repository, views
from backend.runs.fields import unpair
from backend.table.columns import RUN, Column, joined
from backend.table.listing import RunFilter, matches
from backend.workers.waiting import Waiting

MOST_BY = 4
MOST_GROUPS = 1000
MOST_JOINS = 40
"""Columns in a query: SQLite joins at most 64 tables."""
MOST_SUMMED = 1e100


def group_runs(
    session: Session,
    which: RunFilter,
    by: Sequence[Column],
    columns: Sequence[Column],
    sort: str,
    limit: int,
) -> TableGroups:
    """The groups of the runs that match. Raises `Invalid`.

    `sort` names columns; one that is grouped by orders by its value, one of `columns` by its mean.
    Others say nothing about a group: then the largest groups come first.
    """
    if not 1 <= len(by) <= MOST_BY:
        raise invalid_field("by", f"must name 1 to {MOST_BY} columns", "Repeat it for each column.")
    matching = matches(which)
    query, keys = select(Run.id).where(*matching), []
    for column in by:
        query, found = joined(query, column)
        keys += [expression for expression, _ in found]
    numbers = [column for column in columns if _is_number(column)]
    shown: list[Any] = [func.count(), func.count(Run.seed.distinct()), func.max(Run.id)]
    shown += [func.count().filter(Run.status == status) for status in RunStatus]
    rows = {tuple(row[: len(keys)]): list(row) for row in _grouped(session, query, keys, shown)}
    for start in range(0, len(numbers), MOST_JOINS):
        part = numbers[start : start + MOST_JOINS]
        for row in _spreads(session, query, keys, part):
            rows.get(tuple(row[: len(keys)]), []).extend(row[len(keys) :])
    whole = len(keys) + len(shown) + 5 * len(numbers)
    # a group that came or went between two of the queries is left out
    groups = [_Group(row, by, numbers, len(keys)) for row in rows.values() if len(row) == whole]
    _sort(groups, sort)
    kept = groups[:limit]
    examples = {
        run.id: run for run in repository.with_tags(session, [group.example for group in kept])
    }
    waiting = Waiting(session)
    return TableGroups(
        items=[
            TableGroup(
                key=group.key,
                where=group.where,
                count=group.count,
                seeds=group.seeds,
                statuses=group.statuses,
                values=group.values,
                example=views.summary(examples[group.example], waiting),
            )
            for group in kept
            if group.example in examples
        ],
        total=len(groups),
        runs=sum(group.count for group in groups),
    )


def _grouped(
    session: Session, query: Select[Any], keys: Sequence[Any], shown: Sequence[Any]
) -> Sequence[Row[Any]]:
    return session.execute(query.with_only_columns(*keys, *shown).group_by(*keys)).all()


def _spreads(
    session: Session, query: Select[Any], keys: Sequence[Any], columns: Sequence[Column]
) -> Sequence[Row[Any]]:
    """What `_spread` takes, of each column."""
    shown: list[Any] = []
    for column in columns:
        query, [(number, _), *_rest] = joined(query, column)
        whole = isinstance(cast(ColumnElement[Any], number).type, Integer)
        summed = number if whole else _summable(number)
        shown += [func.count(number), func.avg(summed), func.stddev_samp(summed)]
        shown += [func.min(number), func.max(number)]
    return _grouped(session, query, keys, shown)


def _summable(number: Any) -> ColumnElement[float]:
    """`number`, infinite where its square could not be summed up: PostgreSQL refuses the whole query."""
    return case((number > MOST_SUMMED, math.inf), (number < -MOST_SUMMED, -math.inf), else_=number)


def _is_number(column: Column) -> bool:
    return column.source != "run" or RUN[column.key][1] == "number"


class _Group:
    """A row of the grouped query, taken apart."""

    def __init__(
        self, row: Sequence[Any], by: Sequence[Column], numbers: Sequence[Column], width: int
    ) -> None:
        parts = list(row[:width])
        self.key: dict[str, Value] = {}
        self.where: list[str] = []
        for column in by:
            if column.source == "config":
                value: Any = unpair(parts.pop(0), parts.pop(0))
            else:
                value = parts.pop(0)
            at_time = hasattr(value, "isoformat")
            shown = self.key[column.name] = value.isoformat() if at_time else value
            if at_time:  # of times there are no equals
                self.where += [f"{column.name}{operator}{shown}" for operator in (">=", "<=")]
            else:
                self.where.append(f"{column.name}={_literal(shown)}")
        self.count, self.seeds, self.example = row[width : width + 3]
        counts = row[width + 3 : width + 3 + len(RunStatus)]
        self.statuses = {
            status: count for status, count in zip(RunStatus, counts, strict=True) if count
        }
        rest = row[width + 3 + len(RunStatus) :]
        self.values = {
            column.name: _spread(*rest[5 * place : 5 * place + 5])
            for place, column in enumerate(numbers)
        }


def _literal(value: Value) -> str:
    """`value` as a condition takes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return repr(float(value))
    return json.dumps(str(value), ensure_ascii=False)


def _spread(
    count: int, mean: float | None, std: float | None, low: float | None, high: float | None
) -> ColumnSpread:
    # an average of integers is a Decimal on PostgreSQL; what has none is null on SQLite, else NaN
    mean = None if mean is None or math.isnan(mean) else float(mean)
    std = None if std is None or count < 2 or math.isnan(std) else float(std)
    return ColumnSpread(
        count=count,
        mean=mean,
        std=std,
        half_width=None if std is None else student_975(count - 1) * std / math.sqrt(count),
        min=low,
        max=high,
    )


def _sort(groups: list[_Group], sort: str) -> None:
    groups.sort(key=lambda group: (-group.count, str(group.key)))
    for name in reversed([part.strip() for part in sort.split(",") if part.strip()]):
        _sort_by(groups, name.removeprefix("-"), name.startswith("-"))


def _sort_by(groups: list[_Group], name: str, descending: bool) -> None:
    def value(group: _Group) -> Value:
        if name in group.key:
            return group.key[name]
        spread = group.values.get(name)
        return None if spread is None else spread.mean

    known = [group for group in groups if value(group) is not None]
    if not known:
        return
    unknown = [group for group in groups if value(group) is None]
    known.sort(key=lambda group: _comparable(value(group)), reverse=descending)
    groups[:] = known + unknown


def _comparable(value: Value) -> tuple[int, float, str]:
    if isinstance(value, str):
        return 1, 0.0, value
    return 0, float(value or 0.0), ""
