"""Queries on saved views."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import SavedView
from backend.errors import Conflict, NotFound


class ViewNotFound(NotFound):
    """There is no such view."""


class ViewNameTaken(Conflict):
    """The project has a view of this name."""


def in_project(session: Session, project: str | None) -> Sequence[SavedView]:
    """The views of a project, of all projects without one, by name."""
    query = select(SavedView).order_by(SavedView.project, SavedView.name)
    if project is not None:
        query = query.where(SavedView.project == project)
    return session.scalars(query).all()


def require(session: Session, view_id: str) -> SavedView:
    """One view. Raises `ViewNotFound`."""
    view = session.get(SavedView, view_id)
    if view is None:
        raise ViewNotFound(f"No view has the id {view_id!r}: GET /api/v1/views lists them.")
    return view


def require_free(session: Session, project: str, name: str, but: str = "") -> None:
    """Raises `ViewNameTaken` when a view other than `but` has the name."""
    taken = select(SavedView.id).where(SavedView.project == project, SavedView.name == name)
    found = session.scalars(taken).one_or_none()
    if found is not None and found != but:
        raise ViewNameTaken(
            f"The project {project!r} has a view {name!r} (id {found}): choose another name, or "
            "overwrite it with PATCH."
        )
