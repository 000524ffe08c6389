"""Routes of saved views: who shares a project shares its views, and anybody of it may change them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ahora.schemas.table import SavedView, SavedViewCreate, SavedViewUpdate
from backend.auth.principal import CurrentUser
from backend.db import Database, models, utcnow
from backend.dependencies import Db
from backend.errors import problems
from backend.projects.repository import ensure_project
from backend.saved_views import repository
from backend.saved_views.repository import ViewNameTaken, ViewNotFound

router = APIRouter(prefix="/views", tags=["views"])


@router.get("")
def list_views(
    db: Db, project: Annotated[str | None, Query(max_length=100)] = None
) -> list[SavedView]:
    """The saved views of a project, by name; without one of all projects."""
    with db.read() as session:
        return [_shown(view) for view in repository.in_project(session, project)]


@router.post("", status_code=201, responses=problems(ViewNameTaken))
def create_view(body: SavedViewCreate, user: CurrentUser, db: Db) -> SavedView:
    """Save a view under a new name."""

    def create(session: Session) -> models.SavedView:
        ensure_project(session, body.project)
        repository.require_free(session, body.project, body.name)
        view = models.SavedView(
            project=body.project, name=body.name, query=body.query, owner=user.name
        )
        session.add(view)
        return view

    return _saved(db, create)


@router.patch("/{view_id}", responses=problems(ViewNotFound, ViewNameTaken))
def update_view(view_id: str, body: SavedViewUpdate, db: Db) -> SavedView:
    """Rename a view, or overwrite what it shows."""

    def update(session: Session) -> models.SavedView:
        view = repository.require(session, view_id)
        if body.name is not None:
            repository.require_free(session, view.project, body.name, but=view.id)
            view.name = body.name
        if body.query is not None:
            view.query = body.query
        view.updated_at = utcnow()
        return view

    return _saved(db, update)


@router.delete("/{view_id}", status_code=204, responses=problems(ViewNotFound))
def delete_view(view_id: str, db: Db) -> None:
    """Delete a view; the runs it shows stay."""
    with db.write() as session:
        session.delete(repository.require(session, view_id))


def _saved(db: Database, change: Callable[[Session], models.SavedView]) -> SavedView:
    """Make the change; a name that another request took meanwhile is seen the second time."""
    try:
        return _committed(db, change)
    except IntegrityError:
        return _committed(db, change)


def _committed(db: Database, change: Callable[[Session], models.SavedView]) -> SavedView:
    with db.write() as session:
        view = change(session)
        session.flush()
        return _shown(view)


def _shown(view: models.SavedView) -> SavedView:
    return SavedView(
        id=view.id,
        project=view.project,
        name=view.name,
        query=view.query,
        owner=view.owner,
        created_at=view.created_at,
        updated_at=view.updated_at,
    )
