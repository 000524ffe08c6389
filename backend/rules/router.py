"""Routes of rules and alerts."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ahora.schemas.rules import Alert, Rule, RuleEdit
from backend.auth.principal import CurrentUser
from backend.dependencies import Db
from backend.errors import Invalid, ProjectNotFound, RunNotFound, problems
from backend.pages import Limit
from backend.rules import service
from backend.rules.service import AlertNotFound, RuleNotFound

router = APIRouter(tags=["rules"])

Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$", description="Key of the rule.")]


@router.get("/projects/{name}/rules", responses=problems(ProjectNotFound))
def list_project_rules(name: str, db: Db) -> list[Rule]:
    """The rules of a project: the built-in ones, changed where the project did, and its own."""
    with db.read() as session:
        return service.rules(session, name)


@router.put("/projects/{name}/rules/{key}", responses=problems(ProjectNotFound, Invalid))
def write_project_rule(name: str, key: Key, body: RuleEdit, user: CurrentUser, db: Db) -> Rule:
    """Write a rule for all runs of the project, or change a built-in one. Runs see it at their next
    report, as if it had always been there."""
    with db.write() as session:
        return service.write(session, project=name, run_id=None, key=key, edit=body, by=user.name)


@router.delete(
    "/projects/{name}/rules/{key}",
    status_code=204,
    responses=problems(ProjectNotFound, RuleNotFound),
)
def delete_project_rule(name: str, key: Key, db: Db) -> None:
    """Delete a rule of the project; the built-in one of its key is in force again."""
    with db.write() as session:
        service.delete(session, project=name, run_id=None, key=key)


@router.get("/runs/{run_id}/rules", responses=problems(RunNotFound))
def list_run_rules(run_id: str, db: Db) -> list[Rule]:
    """The rules that watch a run: its own, its project's, the built-in ones."""
    with db.read() as session:
        return service.rules_of_run(session, run_id)


@router.put("/runs/{run_id}/rules/{key}", responses=problems(RunNotFound, Invalid))
def write_run_rule(run_id: str, key: Key, body: RuleEdit, user: CurrentUser, db: Db) -> Rule:
    """Write a rule for this run alone, or change for it one that it would have."""
    with db.write() as session:
        return service.write(session, project=None, run_id=run_id, key=key, edit=body, by=user.name)


@router.delete(
    "/runs/{run_id}/rules/{key}", status_code=204, responses=problems(RunNotFound, RuleNotFound)
)
def delete_run_rule(run_id: str, key: Key, db: Db) -> None:
    """Delete a rule of the run; the project's or the built-in one of its key is in force again."""
    with db.write() as session:
        service.delete(session, project=None, run_id=run_id, key=key)


@router.get("/alerts")
def list_alerts(
    db: Db,
    project: Annotated[str | None, Query(max_length=100)] = None,
    active: Annotated[
        bool | None,
        Query(description="True: active and not acknowledged. False: over. Absent: all."),
    ] = None,
    limit: Limit = 50,
) -> list[Alert]:
    """The newest alerts over all runs that are not deleted."""
    with db.read() as session:
        return service.all_alerts(session, project=project, active=active, limit=limit)


@router.get("/runs/{run_id}/alerts", responses=problems(RunNotFound))
def list_run_alerts(run_id: str, db: Db) -> list[Alert]:
    """The alerts of a run: active ones first, then the newest."""
    with db.read() as session:
        return service.alerts_of_run(session, run_id)


@router.post(
    "/runs/{run_id}/alerts/{key}/acknowledge", responses=problems(RunNotFound, AlertNotFound)
)
def acknowledge_alert(run_id: str, key: Key, user: CurrentUser, db: Db) -> Alert:
    """Say that you know: the alert no longer shows on the table, nor does its rule pause this run."""
    with db.write() as session:
        return service.acknowledge(session, run_id, key, user.name)
