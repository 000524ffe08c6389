"""Routes of logs."""

from typing import Annotated

from fastapi import APIRouter, Query

from ahora.schemas.base import Page
from ahora.schemas.monitoring import LogLine
from backend.dependencies import Db
from backend.errors import RunNotFound, problems
from backend.logs import service
from backend.runs.repository import require_run

router = APIRouter(tags=["monitoring"])

Position = Annotated[int | None, Query(ge=0, lt=2**63)]


@router.get("/runs/{run_id}/logs", responses=problems(RunNotFound))
def list_logs(
    run_id: str,
    db: Db,
    after: Annotated[Position, Query(description="The lines that follow this one.")] = None,
    before: Annotated[Position, Query(description="The lines right before this one.")] = None,
    level: Annotated[
        service.Level | None, Query(description="Lines of this level and more severe ones.")
    ] = None,
    q: Annotated[str | None, Query(max_length=500, description="Text the lines contain.")] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 200,
) -> Page[LogLine]:
    """Lines of all attempts, in order; without `after` the newest ones.

    `next_cursor` is null at the end; else pass it as `after`, or as `before` when reading backwards.
    """
    with db.read() as session:
        require_run(session, run_id)
        return service.page(
            session, run_id, after=after, before=before, level=level, q=q, limit=limit
        )
