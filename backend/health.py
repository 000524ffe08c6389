"""Whether this process lives, and whether it can work."""

from typing import Literal

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError

import ahora
from ahora.schemas.base import Schema
from backend.db.migrate import is_current
from backend.dependencies import Db
from backend.errors import DatabaseUnavailable, problems

router = APIRouter(tags=["health"])


class Health(Schema):
    """A process that answers."""

    status: Literal["ok"] = "ok"
    version: str = ahora.__version__


@router.get("/healthz")
def healthz() -> Health:
    """This process lives."""
    return Health()


@router.get("/readyz", responses=problems(DatabaseUnavailable))
def readyz(db: Db) -> Health:
    """This process can work: the database answers and its tables are of this version."""
    try:
        current = is_current(db)
    except SQLAlchemyError as error:
        raise DatabaseUnavailable("The database does not answer.") from error
    if not current:
        raise DatabaseUnavailable(
            "The database's tables are not of this version: run `python -m backend migrate`."
        )
    return Health()
