"""The run table: filters, search, sort and keyset pages."""

import math
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from ahora.status import RunStatus
from backend.db.models import Run, RunTag
from backend.pages import bad_cursor, cursor_time, decode_cursor, encode_cursor, invalid_field

Column = InstrumentedAttribute[Any]

SORTS: dict[str, Column] = {
    "created_at": Run.created_at,
    "name": Run.name,
    "status": Run.status,
    "last_reward": Run.last_reward,
    "last_pass_at_1": Run.last_pass_at_1,
    "step": Run.step,
    "priority": Run.priority,
    "started_at": Run.started_at,
    "finished_at": Run.finished_at,
}
_TIMES = {"created_at", "started_at", "finished_at"}
_INTEGERS = {"step", "priority"}


@dataclass(frozen=True)
class RunFilter:
    """Which runs; several statuses are alternatives, several tags must all be there."""

    project: str | None = None
    status: list[RunStatus] = field(default_factory=list)
    tag: list[str] = field(default_factory=list)
    algorithm: str | None = None
    model: str | None = None
    q: str | None = None
    deleted: bool = False
    kind: str = "train"
    experiment: str | None = None


def list_runs(
    session: Session, which: RunFilter, sort: str, limit: int, cursor: str | None
) -> tuple[list[Run], str | None, int]:
    """A page of runs with their tags, the cursor of the next page, and how many match in all."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    column = SORTS.get(name)
    if column is None:
        raise invalid_field(
            "sort",
            f"cannot be {sort!r}",
            f"Use one of {', '.join(SORTS)}, with '-' in front for descending.",
        )
    matching = _matches(which)
    total = session.scalar(select(func.count()).select_from(Run).where(*matching)) or 0
    query = select(Run).where(*matching).options(selectinload(Run.tag_rows)).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor, sort, name, column, descending))
    runs = list(session.scalars(_ordered(query, column, descending)))
    if len(runs) <= limit:
        return runs, None, total
    last = runs[limit - 1]
    return runs[:limit], encode_cursor(sort, getattr(last, name), last.id), total


def _matches(which: RunFilter) -> list[ColumnElement[bool]]:
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
    found += [_tagged(RunTag.tag == tag) for tag in which.tag]
    for word in (which.q or "").split():
        texts = (Run.name, Run.id, Run.model, Run.algorithm, Run.data, Run.notes)
        hits = [text.icontains(word, autoescape=True) for text in texts]
        found.append(or_(*hits, _tagged(RunTag.tag.icontains(word, autoescape=True))))
    return found


def _tagged(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(RunTag.run_id).where(RunTag.run_id == Run.id, condition).exists()


def _ordered(query: Select[Any], column: Column, descending: bool) -> Select[Any]:
    # the id makes the order total; runs without a value come last either way
    if descending:
        return query.order_by(column.desc().nulls_last(), Run.id.desc())
    return query.order_by(column.asc().nulls_last(), Run.id.asc())


def _after(
    cursor: str, sort: str, name: str, column: Column, descending: bool
) -> ColumnElement[bool]:
    made_for, value, run_id = decode_cursor(cursor, 3)
    if made_for != sort or not isinstance(run_id, str):
        raise bad_cursor()
    later_id = Run.id < run_id if descending else Run.id > run_id
    if value is None:
        return and_(column.is_(None), later_id)
    value = _value(name, value)
    later = column < value if descending else column > value
    return or_(later, and_(column == value, later_id), column.is_(None))


def _value(name: str, value: Any) -> Any:
    try:
        if name in _TIMES:
            return cursor_time(value)
        if name == "status":
            return RunStatus(value)
        if name == "name":
            return str(value)
        number = float(value)
        if not math.isfinite(number) or (name in _INTEGERS and abs(number) >= 2**31):
            raise ValueError("no number of this column")
        return int(number) if name in _INTEGERS else number
    except (TypeError, ValueError, OverflowError) as error:
        raise bad_cursor() from error
