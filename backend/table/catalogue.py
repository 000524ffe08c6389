"""Which columns there are, and what runs have in them."""

from typing import Any

from sqlalchemy import CTE, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ahora.metrics import describe
from ahora.schemas.table import ColumnValues, RunColumn, ValueCount
from backend.db.models import ConfigField, MetricSeries, Run
from backend.runs.fields import unpair
from backend.table.columns import AGGREGATES, RUN, Column, joined
from backend.table.listing import RunFilter, matches

LABELS = {
    "last_reward": "Reward",
    "last_pass_at_1": "Pass@1",
    "created_by": "Launched by",
    "created_at": "Created",
    "started_at": "Started",
    "finished_at": "Finished",
    "max_steps": "Steps planned",
    "elapsed": "Training time",
    "method": "Method (all but the seed)",
}
_UNITS = {"elapsed": "s"}
_HELP = {
    "last_reward": "Newest mean reward of a step.",
    "last_pass_at_1": "Newest Pass@1 with greedy decoding.",
    "method": "Equal for runs that differ only in their seed.",
}
_MEANING = {
    "last": "Value at the last step.",
    "min": "Smallest value of all steps.",
    "max": "Largest value of all steps.",
    "mean": "Mean over all steps.",
}


def catalogue(session: Session) -> list[RunColumn]:
    """Columns of runs, every configuration field, every metric that one reported."""
    found = [
        RunColumn(
            name=name,
            source="run",
            kind=kind,
            label=LABELS.get(name, name.replace("_", " ").capitalize()),
            description=_HELP.get(name, ""),
            unit=_UNITS.get(name, ""),
        )
        for name, (_, kind) in RUN.items()
    ]
    found += [_field(path, number, text) for path, number, text in _fields(session)]
    for key in _distinct(session, MetricSeries.key, MetricSeries.newest):
        metric = describe(key)
        found += [
            RunColumn(
                name=f"metric.{key}.{aggregate}",
                source="metric",
                kind="number",
                label=key if aggregate == "last" else f"{key} {aggregate}",
                description=f"{metric.description} {_MEANING[aggregate]}",
                unit=metric.unit,
            )
            for aggregate in AGGREGATES
        ]
    return found


def _field(path: str, number: float | None, text: str | None) -> RunColumn:
    value = unpair(number, text)
    boolean = isinstance(value, bool)
    return RunColumn(
        name=f"config.{path}",
        source="config",
        kind="boolean" if boolean else "text" if number is None else "number",
        label=path,
        description="",
        unit="",
    )


def _fields(session: Session) -> list[Any]:
    """Path, number and text of any one configuration, for each path."""
    steps = _steps(ConfigField.path)
    first = [
        select(column).where(ConfigField.path == steps.c.value).limit(1).scalar_subquery()
        for column in (ConfigField.number, ConfigField.text)
    ]
    return list(session.execute(select(steps.c.value, *first).where(steps.c.value.is_not(None))))


def _distinct(session: Session, column: InstrumentedAttribute[str], *where: Any) -> list[str]:
    steps = _steps(column, *where)
    return list(session.scalars(select(steps.c.value).where(steps.c.value.is_not(None))))


def _steps(column: InstrumentedAttribute[str], *where: Any) -> CTE:
    """All values of an indexed column, a step into the index each, however many rows there are; the
    last one is null."""
    smallest = select(func.min(column).label("value")).where(*where).cte(recursive=True)
    following = select(func.min(column)).where(column > smallest.c.value, *where).scalar_subquery()
    return smallest.union_all(select(following).where(smallest.c.value.is_not(None)))


def column_values(session: Session, which: RunFilter, column: Column, limit: int) -> ColumnValues:
    """The most frequent values of a column among the runs that match, and the range of its numbers."""
    query, found = joined(select(Run.id).where(*matches(which)), column)
    expressions = [expression for expression, _ in found]
    number = expressions[0] if found[0][1] == "number" else None
    low = high = None
    if number is not None:
        ends = query.with_only_columns(func.min(number), func.max(number))
        low, high = session.execute(ends).one()
    if column.source == "metric":
        return ColumnValues(values=[], low=low, high=high)
    counted = func.count()
    rows = session.execute(
        query.with_only_columns(*expressions, counted)
        .group_by(*expressions)
        .order_by(counted.desc(), *expressions)
        .limit(limit)
    )
    values = []
    for *parts, count in rows:
        value: Any = unpair(parts[0], parts[1]) if len(parts) == 2 else parts[0]
        shown = value.isoformat() if hasattr(value, "isoformat") else value
        values.append(ValueCount(value=shown, runs=count))
    return ColumnValues(values=values, low=low, high=high)
