"""Queries on projects."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db import utcnow
from backend.db.models import Project, Run
from backend.db.upsert import insert_ignore


def ensure_project(session: Session, name: str) -> None:
    """Make the project unless it is there."""
    insert_ignore(session, Project, {"name": name, "created_at": utcnow()})


def count_runs(session: Session, name: str) -> int:
    """Runs of a project that are not deleted."""
    query = select(func.count()).where(Run.project == name, Run.deleted_at.is_(None))
    return session.scalar(query) or 0


def projects(session: Session) -> Sequence[tuple[str, int]]:
    """Every project's name and its number of runs that are not deleted, by name."""
    counted = func.count(Run.id)
    query = (
        select(Project.name, counted)
        .outerjoin(
            Run, (Run.project == Project.name) & Run.deleted_at.is_(None) & (Run.kind == "train")
        )
        .group_by(Project.name)
        .order_by(Project.name)
    )
    return [(name, number) for name, number in session.execute(query)]
