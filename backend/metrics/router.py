"""Routes of metrics."""

from fastapi import APIRouter

from ahora.schemas.monitoring import MetricRegistry, RunMetrics, SeriesQuery, SeriesResult
from backend.dependencies import Db
from backend.errors import RunNotFound, problems
from backend.metrics import service
from backend.runs.repository import require_run

router = APIRouter(tags=["monitoring"])


@router.get("/metrics/registry")
def get_metric_registry() -> MetricRegistry:
    """Unit, meaning, direction and chart group of each metric."""
    return service.registry()


@router.post("/metrics/query")
def query_metrics(body: SeriesQuery, db: Db) -> SeriesResult:
    """Series of many runs at once, downsampled. Unknown runs and keys are simply absent."""
    with db.read() as session:
        return service.query(session, body)


@router.get("/runs/{run_id}/metrics", responses=problems(RunNotFound))
def get_run_metrics(run_id: str, db: Db) -> RunMetrics:
    """Summaries of all metrics of a run."""
    with db.read() as session:
        require_run(session, run_id)
        return service.summaries(session, run_id)
