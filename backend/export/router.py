"""The route of exports."""

import re
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from backend.dependencies import Db
from backend.errors import RunNotFound, problems
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
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", export.run.name).strip("-.") or "run"
    return StreamingResponse(
        export.csv() if format == "csv" else export.json(),
        media_type="text/csv; charset=utf-8" if format == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}-{run_id}.{format}"'},
    )
