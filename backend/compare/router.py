"""The route of comparisons."""

from typing import Annotated

from fastapi import APIRouter, Query

from ahora.schemas.monitoring import Comparison
from backend.compare import service
from backend.dependencies import Db
from backend.errors import Invalid, RunNotFound, problems
from backend.pages import invalid_field

router = APIRouter(tags=["monitoring"])

MOST_RUNS = 100


@router.get("/compare", responses=problems(RunNotFound, Invalid))
def compare_runs(
    runs: Annotated[str, Query(max_length=4000, description="Run ids, separated by commas.")],
    db: Db,
) -> Comparison:
    """Runs side by side: statistics, differing configuration, and what the data does not show."""
    run_ids = list(dict.fromkeys(part.strip() for part in runs.split(",") if part.strip()))
    if not 1 <= len(run_ids) <= MOST_RUNS:
        raise invalid_field(
            "runs", f"names {len(run_ids)} runs", f"Name 1 to {MOST_RUNS} runs: ?runs=ID,ID."
        )
    with db.read() as session:
        return service.compare(session, run_ids)
