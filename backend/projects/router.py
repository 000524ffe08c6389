"""Routes of projects."""

from fastapi import APIRouter

from ahora.schemas.runs import Project
from backend.dependencies import Db
from backend.projects import repository

router = APIRouter(prefix="/projects", tags=["projects"])


@router.get("")
def list_projects(db: Db) -> list[Project]:
    """Projects and how many runs each has; deleted runs do not count."""
    with db.read() as session:
        return [Project(name=name, runs=runs) for name, runs in repository.projects(session)]
