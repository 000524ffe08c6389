"""Routes of disk usage and retention."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from ahora.schemas.projects import DiskUsage, ProjectDetail, Retention
from backend.db.models import Project
from backend.dependencies import Db
from backend.errors import ProjectNotFound, RunNotFound, problems
from backend.housekeeping import retention, usage
from backend.projects.repository import count_runs
from backend.runs.repository import require_run

router = APIRouter(tags=["projects"])


@router.get("/projects/{name}", responses=problems(ProjectNotFound))
def get_project(name: str, db: Db) -> ProjectDetail:
    """A project: what is kept of its runs, and how much they hold."""
    with db.read() as session:
        return _detail(session, _require(session, name))


@router.put("/projects/{name}/retention", responses=problems(ProjectNotFound))
def set_retention(name: str, body: Retention, db: Db) -> ProjectDetail:
    """What is kept of the project's runs once they have ended. It is applied within minutes, and what
    it deletes does not come back."""
    with db.write() as session:
        project = _require(session, name)
        for field, value in body.model_dump().items():
            setattr(project, field, value)
        return _detail(session, project)


@router.get("/runs/{run_id}/usage", responses=problems(RunNotFound))
def get_run_usage(run_id: str, db: Db) -> DiskUsage:
    """How much a run holds."""
    with db.read() as session:
        require_run(session, run_id)
        return usage.of_run(session, run_id)


def _require(session: Session, name: str) -> Project:
    project = session.get(Project, name)
    if project is None:
        raise ProjectNotFound(name)
    return project


def _detail(session: Session, project: Project) -> ProjectDetail:
    return ProjectDetail(
        name=project.name,
        runs=count_runs(session, project.name),
        retention=retention.of(project),
        usage=usage.of_project(session, project.name),
    )
