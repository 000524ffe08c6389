"""Columns of the run table by name, and how a query gets at them.

`name`, `status` ... are columns of the run; `config.optimizer.learning_rate` is a field of its
configuration; `metric.reward.max` is a metric's `last`, `min`, `max` or `mean` over all visible steps.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, case, null
from sqlalchemy.orm import InstrumentedAttribute, aliased

from backend.db.models import ConfigField, MetricSeries, Run
from backend.pages import invalid_field

Kind = Literal["text", "number", "time", "status"]

RUN: dict[str, tuple[InstrumentedAttribute[Any], Kind]] = {
    "id": (Run.id, "text"),
    "name": (Run.name, "text"),
    "project": (Run.project, "text"),
    "status": (Run.status, "status"),
    "algorithm": (Run.algorithm, "text"),
    "alpha": (Run.alpha, "number"),
    "model": (Run.model, "text"),
    "data": (Run.data, "text"),
    "seed": (Run.seed, "number"),
    "step": (Run.step, "number"),
    "max_steps": (Run.max_steps, "number"),
    "last_reward": (Run.last_reward, "number"),
    "last_pass_at_1": (Run.last_pass_at_1, "number"),
    "priority": (Run.priority, "number"),
    "created_by": (Run.created_by, "text"),
    "created_at": (Run.created_at, "time"),
    "started_at": (Run.started_at, "time"),
    "finished_at": (Run.finished_at, "time"),
    "elapsed": (Run.elapsed, "number"),
    "worker": (Run.worker, "text"),
    "queue": (Run.queue, "text"),
    "preset": (Run.preset, "text"),
    "method": (Run.method, "text"),
}
"""`method` is equal for runs that differ only in their seed."""

AGGREGATES = ("last", "min", "max", "mean")


@dataclass(frozen=True)
class Column:
    """A column by its parsed name."""

    name: str
    source: Literal["run", "config", "metric"]
    key: str
    """Field of the run, dotted path of the configuration, or name of the metric."""
    aggregate: str = ""


def parse(name: str, where: str = "column") -> Column:
    """The column called `name`; raises `Invalid` about the parameter `where`."""
    if name in RUN:
        return Column(name, "run", name)
    if name == "config.seed":
        return Column(name, "run", "seed")
    if name.startswith("config.") and len(name) > len("config."):
        return Column(name, "config", name.removeprefix("config."))
    if name.startswith("metric."):
        key, _, aggregate = name.removeprefix("metric.").rpartition(".")
        if key and aggregate in AGGREGATES:
            return Column(name, "metric", key, aggregate)
    raise invalid_field(
        where,
        f"names no column: {name!r}",
        f"Use one of {', '.join(RUN)}, config.PATH such as config.optimizer.learning_rate, or "
        f"metric.NAME.{'|'.join(AGGREGATES)} such as metric.reward.max.",
    )


def aggregate_of(series: Any, aggregate: str) -> ColumnElement[Any]:
    """An aggregate of `series` (`MetricSeries` or an alias) as an expression."""
    if aggregate == "last":
        return series.last  # type: ignore[no-any-return]
    if aggregate == "min":
        return series.minimum  # type: ignore[no-any-return]
    if aggregate == "max":
        return series.maximum  # type: ignore[no-any-return]
    finite = series.points - series.nonfinite
    return case((finite > 0, series.total / finite), else_=null())


def joined(
    query: Select[Any], column: Column
) -> tuple[Select[Any], list[tuple[SQLColumnExpression[Any], Kind]]]:
    """`query` on runs with what the column needs, and the expressions it is ordered and grouped by.

    A configuration field is a number or a text, so it has two of them.
    """
    if column.source == "run":
        expression, kind = RUN[column.key]
        return query, [(expression, kind)]
    if column.source == "config":
        field = aliased(ConfigField)
        query = query.outerjoin(
            field, (field.config == Run.config_hash) & (field.path == column.key)
        )
        return query, [(field.number, "number"), (field.text, "text")]
    series = aliased(MetricSeries)
    query = query.outerjoin(
        series, (series.run_id == Run.id) & (series.key == column.key) & series.newest
    )
    return query, [(aggregate_of(series, column.aggregate), "number")]
