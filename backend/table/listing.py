"""The run table: which runs, in which order, a page at a time, with the columns that are shown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from ahora.status import RunStatus
from backend.db.models import ConfigField, MetricSeries, Run, RunTag
from backend.runs import repository
from backend.runs.fields import unpair
from backend.table.columns import RUN, Column, aggregate_of
from backend.table.conditions import condition
from backend.table.order import Order

Value = float | bool | str | None


@dataclass(frozen=True)
class RunFilter:
    """Which runs; several statuses are alternatives, several tags and conditions must all hold."""

    project: str | None = None
    status: list[RunStatus] = field(default_factory=list)
    tag: list[str] = field(default_factory=list)
    algorithm: str | None = None
    model: str | None = None
    user: list[str] = field(default_factory=list)
    q: str | None = None
    where: list[str] = field(default_factory=list)
    deleted: bool = False
    kind: str = "train"
    experiment: str | None = None


def list_runs(
    session: Session, which: RunFilter, sort: str, limit: int, cursor: str | None, offset: int = 0
) -> tuple[list[Run], str | None, int]:
    """A page of runs with their tags, the cursor of the next page, and how many match in all."""
    # sorting ids and keys alone is several times quicker than sorting whole rows
    order = Order(select(Run.id).where(*matches(which)), sort)
    query = order.page(limit + 1, cursor, offset)
    if which.where or which.q:  # these cost: the same pass counts what they let through
        query = query.add_columns(func.count().over())
    rows = session.execute(query).all()
    following = order.cursor(rows[limit - 1]) if len(rows) > limit else None
    ids = [row[0] for row in rows[:limit]]
    runs = {run.id: run for run in repository.with_tags(session, ids)}
    found = [runs[run_id] for run_id in ids if run_id in runs]
    # beyond a cursor or the last row the pass did not see all
    seen = (which.where or which.q) and rows and cursor is None
    return found, following, rows[0][-1] if seen else count(session, which)


def count(session: Session, which: RunFilter) -> int:
    """How many runs match."""
    return session.scalar(select(func.count()).select_from(Run).where(*matches(which))) or 0


def list_ids(session: Session, which: RunFilter, sort: str, limit: int) -> list[str]:
    """The ids of the first `limit` runs that match, in order."""
    order = Order(select(Run.id).where(*matches(which)), sort)
    return [row[0] for row in session.execute(order.page(limit, None, 0))]


def matches(which: RunFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter. Raises `Invalid`."""
    found: list[ColumnElement[bool]] = [
        Run.kind == which.kind,
        Run.deleted_at.is_not(None) if which.deleted else Run.deleted_at.is_(None),
    ]
    if which.project is not None:
        found.append(Run.project == which.project)
    if which.experiment is not None:
        found.append(Run.experiment_id == which.experiment)
    if which.status:
        found.append(Run.status.in_(which.status))
    if which.algorithm is not None:
        found.append(Run.algorithm == which.algorithm)
    if which.model is not None:
        found.append(Run.model == which.model)
    if which.user:
        found.append(Run.created_by.in_(which.user))
    found += [_tagged(RunTag.tag == tag) for tag in which.tag]
    for word in (which.q or "").split():
        texts = (Run.name, Run.id, Run.model, Run.algorithm, Run.data, Run.notes)
        hits = [text.icontains(word, autoescape=True) for text in texts]
        found.append(or_(*hits, _tagged(RunTag.tag.icontains(word, autoescape=True))))
    found += [condition(text) for text in which.where]
    return found


def _tagged(test: ColumnElement[bool]) -> ColumnElement[bool]:
    return Run.id.in_(select(RunTag.run_id).where(test))


def values(
    session: Session, runs: Sequence[Run], wanted: Sequence[Column]
) -> dict[str, dict[str, Value]]:
    """Run id to column name to value; what a run has no value of is left out."""
    ids = [run.id for run in runs]
    found: dict[str, dict[str, Value]] = {run_id: {} for run_id in ids}
    for column in wanted:
        if column.source == "run":
            for run in runs:
                value = getattr(run, RUN[column.key][0].key)
                if value is not None:
                    found[run.id][column.name] = _plain(value)
    paths = {column.key: column.name for column in wanted if column.source == "config"}
    if paths:
        configs = {run.config_hash for run in runs}
        fields = select(ConfigField).where(
            ConfigField.path.in_(paths), ConfigField.config.in_(configs)
        )
        held: dict[str, dict[str, Value]] = {config: {} for config in configs}
        for row in session.scalars(fields):
            held[row.config][paths[row.path]] = unpair(row.number, row.text)
        for run in runs:
            found[run.id] |= held[run.config_hash]
    _add_metrics(session, found, [column for column in wanted if column.source == "metric"])
    return found


def _add_metrics(
    session: Session, found: dict[str, dict[str, Value]], wanted: Sequence[Column]
) -> None:
    if not wanted:
        return
    series = MetricSeries
    keys = list(dict.fromkeys(column.key for column in wanted))
    mean = aggregate_of(series, "mean")
    rows = session.execute(
        select(series.run_id, series.key, series.last, series.minimum, series.maximum, mean).where(
            and_(series.key.in_(keys), series.run_id.in_(list(found)), series.newest)
        )
    )
    for run_id, key, last, low, high, average in rows:
        # null stands for NaN, which SQLite cannot store
        held = {"last": math.nan if last is None else last, "min": low, "max": high}
        held["mean"] = average
        for column in wanted:
            if column.key == key and held[column.aggregate] is not None:
                found[run_id][column.name] = held[column.aggregate]


def _plain(value: Any) -> Value:
    if isinstance(value, int | float | str):
        return value
    return value.isoformat()  # type: ignore[no-any-return]
