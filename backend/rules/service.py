"""What people do with rules and alerts."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from ahora.schemas import rules as schemas
from ahora.schemas.rules import RuleEdit
from backend.db import utcnow
from backend.db.models import Alert, Project, Rule, Run
from backend.errors import Invalid, NotFound, ProjectNotFound
from backend.pages import invalid_field
from backend.rules import alerts, repository, watching
from backend.rules.builtin import BUILT_IN
from backend.rules.inforce import in_force
from backend.runs.repository import require_run
from backend.runs.transitions import lock_run

MOST_RULES = 100


class RuleNotFound(NotFound):
    """There is no such rule here."""


class AlertNotFound(NotFound):
    """This rule has raised no alert on this run."""


class TooManyRules(Invalid):
    """There are as many rules as there may be."""


def rules(session: Session, project: str, run_id: str | None = None) -> list[schemas.Rule]:
    """The rules of a project or of one of its runs. Raises `ProjectNotFound`."""
    if session.get(Project, project) is None:
        raise ProjectNotFound(project)
    return [rule.shown() for rule in in_force(repository.rules(session, project, run_id)).values()]


def rules_of_run(session: Session, run_id: str) -> list[schemas.Rule]:
    """The rules of a run. Raises `RunNotFound`."""
    return rules(session, require_run(session, run_id).project, run_id)


def write(
    session: Session, *, project: str | None, run_id: str | None, key: str, edit: RuleEdit, by: str
) -> schemas.Rule:
    """Write a rule of a project (`run_id` None) or of a run. Raises `Invalid` when it cannot be."""
    home = _home(session, project, run_id)
    default = BUILT_IN.get(key)
    if default is not None and default.condition.kind != edit.condition.kind:
        raise invalid_field(
            "condition.kind",
            f"is {edit.condition.kind}, but the built-in rule {key} is a {default.condition.kind}",
            "Keep its kind, or write a rule under another key.",
        )
    row = repository.find_rule(session, project, run_id, key)
    if row is None:
        if len(repository.rules(session, home, run_id)) >= MOST_RULES:
            raise TooManyRules(f"A project or run has at most {MOST_RULES} rules: delete some.")
        row = Rule(project=None if run_id is not None else project, run_id=run_id, key=key)
        session.add(row)
    row.name, row.action, row.enabled = edit.name, edit.action, edit.enabled
    row.condition, row.advice = edit.condition.model_dump(mode="json"), edit.advice
    row.changed_by, row.changed_at = by, utcnow()
    session.flush()
    if not edit.enabled:
        _end_alerts(session, key, project, run_id)
    return in_force(repository.rules(session, home, run_id))[key].shown()


def delete(session: Session, *, project: str | None, run_id: str | None, key: str) -> None:
    """Delete a rule; a built-in one of its key, or the project's, is in force again.

    Raises `RuleNotFound`."""
    home = _home(session, project, run_id)
    row = repository.find_rule(session, project, run_id, key)
    if row is None:
        raise RuleNotFound(f"No rule {key!r} is written here. A built-in rule can be disabled.")
    session.delete(row)
    session.flush()
    left = in_force(repository.rules(session, home, run_id)).get(key)
    if left is None or not left.edit.enabled:
        _end_alerts(session, key, project, run_id)


def alerts_of_run(session: Session, run_id: str) -> list[schemas.Alert]:
    """The alerts of a run. Raises `RunNotFound`."""
    run = require_run(session, run_id)
    return [shown(row, run) for row in repository.alerts_of(session, run_id)]


def all_alerts(
    session: Session, *, project: str | None, active: bool | None, limit: int
) -> list[schemas.Alert]:
    """The newest alerts over all runs."""
    found = repository.alerts(session, project=project, active=active, limit=limit)
    return [shown(row, run) for row, run in found]


def acknowledge(session: Session, run_id: str, key: str, by: str) -> schemas.Alert:
    """Somebody knows of the alert. Raises `AlertNotFound`."""
    run = lock_run(session, run_id)
    row = next((row for row in repository.alerts_of(session, run_id) if row.rule == key), None)
    if row is None:
        raise AlertNotFound(f"The rule {key!r} has raised no alert on the run {run.name!r}.")
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = utcnow(), by
        alerts.tell(session, run, row)
    return shown(row, run)


def shown(row: Alert, run: Run) -> schemas.Alert:
    """An alert as the API shows it."""
    fields = schemas.Alert.model_fields.keys() - {"run_name", "project"}
    return schemas.Alert(
        run_name=run.name, project=run.project, **{name: getattr(row, name) for name in fields}
    )


def _home(session: Session, project: str | None, run_id: str | None) -> str:
    """The project of a place. Raises `RunNotFound` or `ProjectNotFound`."""
    if run_id is not None:
        return require_run(session, run_id).project
    if project is None or session.get(Project, project) is None:
        raise ProjectNotFound(project or "")
    return project


def _end_alerts(session: Session, key: str, project: str | None, run_id: str | None) -> None:
    affected: Sequence[str] = repository.active_of_rule(session, key, project, run_id)
    for each in affected:
        run = lock_run(session, each)
        watching.forget(run)  # where the rule comes back, so does what it finds
        for row in repository.alerts_of(session, each):
            if row.rule == key and row.active:
                alerts.resolve(session, run, row)
