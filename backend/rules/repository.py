"""Queries on rules, what they remember, and alerts."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from backend.db.models import Alert, Rule, Run

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_ALERTS: Table = Alert.__table__  # type: ignore[assignment]
_RULES: Table = Rule.__table__  # type: ignore[assignment]
_WATCHING = (
    select(_RULES)
    .where((_RULES.c.project == bindparam("project")) | (_RULES.c.run_id == bindparam("run_id")))
    .order_by(_RULES.c.run_id.is_not(None), _RULES.c.key)
)
_REFRESH = update(_ALERTS).where(
    _ALERTS.c.run_id == bindparam("b_run"), _ALERTS.c.rule == bindparam("b_rule")
)


def watching(session: Session, project: str, run_id: str) -> Sequence[AnyRow]:
    """Rows as `rules` gives them, without their ORM objects: asked with each batch of reports."""
    return session.execute(_WATCHING, {"project": project, "run_id": run_id}).all()


def rules(session: Session, project: str, run_id: str | None = None) -> Sequence[Rule]:
    """The rules of a project, and of a run, before those of a run."""
    mine = Rule.project == project
    query = select(Rule).where(mine if run_id is None else or_(mine, Rule.run_id == run_id))
    return session.scalars(query.order_by(Rule.run_id.is_not(None), Rule.key)).all()


def rules_of_many(
    session: Session, projects: Collection[str], runs: Collection[str]
) -> Sequence[Rule]:
    """The rules of `projects` and of `runs`."""
    query = select(Rule).where(or_(Rule.project.in_(projects), Rule.run_id.in_(runs)))
    return session.scalars(query.order_by(Rule.key)).all()


def find_rule(session: Session, project: str | None, run_id: str | None, key: str) -> Rule | None:
    """A rule that is written, by its place; one of `project` and `run_id` is None."""
    place = Rule.project == project if run_id is None else Rule.run_id == run_id
    return session.scalars(select(Rule).where(place, Rule.key == key)).one_or_none()


def refresh(session: Session, run_id: str, key: str, **values: Any) -> None:
    """Change an alert of the locked run."""
    session.execute(_REFRESH.values(values), {"b_run": run_id, "b_rule": key})


def alerts_of(session: Session, run_id: str) -> Sequence[Alert]:
    """The alerts of a run, active ones first, the newest first."""
    query = select(Alert).where(Alert.run_id == run_id)
    return session.scalars(
        query.order_by(Alert.active.desc(), Alert.last_at.desc(), Alert.id)
    ).all()


def alerts(
    session: Session, *, project: str | None, active: bool | None, limit: int
) -> Sequence[tuple[Alert, Run]]:
    """The alerts of runs that are not deleted, the newest first."""
    query = select(Alert, Run).join(Run, Run.id == Alert.run_id).where(Run.deleted_at.is_(None))
    if project is not None:
        query = query.where(Run.project == project)
    if active is not None:
        query = query.where(Alert.active.is_(active))
        if active:
            query = query.where(Alert.acknowledged_at.is_(None))
    query = query.order_by(Alert.last_at.desc(), Alert.id.desc()).limit(limit)
    return [(alert, run) for alert, run in session.execute(query)]


def active_of_rule(
    session: Session, key: str, project: str | None, run_id: str | None
) -> Sequence[str]:
    """Ids of the runs of a place on which a rule's alert is active."""
    query = select(Alert.run_id).where(Alert.rule == key, Alert.active)
    if run_id is not None:
        query = query.where(Alert.run_id == run_id)
    else:
        query = query.join(Run, Run.id == Alert.run_id).where(Run.project == project)
    return session.scalars(query).all()


def active_silences(session: Session) -> Sequence[Alert]:
    """Alerts of silence that are active."""
    return session.scalars(select(Alert).where(Alert.kind == "silence", Alert.active)).all()


def training(session: Session) -> Iterable[Run]:
    """Runs that should be reporting."""
    query = select(Run).where(Run.status == "running", Run.kind == "train")
    return session.scalars(query).all()
