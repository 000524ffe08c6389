"""The route of exports."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from backend.dependencies import Db
from backend.errors import RunNotFound, problems
from backend.export import points
from backend.export.service import Export

router = APIRouter(tags=["monitoring"])


@router.get(
    "/runs/{run_id}/export",
    response_class=StreamingResponse,
    responses=problems(RunNotFound)
    | {
        200: {
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/csv": {"schema": {"type": "string"}},
            }
        }
    },
)
def export_run(run_id: str, db: Db, format: Literal["json", "csv"] = "json") -> StreamingResponse:
    """The run, its configuration, provenance and all metric points.

    Text in the CSV that a spreadsheet would run as a formula starts with an apostrophe.
    """
    export = Export(db, run_id)
    name = _plain(export.run.name) or "run"
    return StreamingResponse(
        export.csv() if format == "csv" else export.json(),
        media_type="text/csv; charset=utf-8" if format == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}-{run_id}.{format}"'},
    )


@router.get(
    "/runs/{run_id}/points.csv",
    response_class=StreamingResponse,
    responses=problems(RunNotFound)
    | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def export_points(
    run_id: str,
    db: Db,
    key: Annotated[list[str], Query(min_length=1, max_length=100)],
) -> StreamingResponse:
    """Every point of some metrics, a row a step: step, elapsed seconds, tokens and a column a metric.

    Metrics that the run does not have are left out.
    """
    found = points.read(db, run_id, key)
    name = _plain("-".join([run_id, *key]))[:120]
    return StreamingResponse(
        points.lines(found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _plain(name: str) -> str:
    """A name of a file that every system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")
