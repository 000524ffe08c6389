"""The routes of comparisons."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from ahora.schemas.comparing import Comparison, ComparisonExport, CurvesQuery, CurvesResult
from backend.compare import averages, exports, service
from backend.compare.drawing import Axis
from backend.compare.exports import MEDIA, Format, Looks
from backend.dependencies import Db
from backend.errors import ExperimentNotFound, Invalid, RunNotFound, problems
from backend.pages import invalid_field

router = APIRouter(tags=["monitoring"])

MOST_RUNS = 100
MOST_LABEL = 200


def view(
    runs: Annotated[str, Query(max_length=4000, description="Run ids, separated by commas.")] = "",
    experiment: Annotated[
        str | None,
        Query(max_length=64, description="Instead of `runs`: all runs of an experiment."),
    ] = None,
    group_by: Annotated[
        str,
        Query(
            max_length=200,
            description="`auto` (seeds together where there are several of something, else each run "
            "alone; of an experiment its configurations), `run`, `seeds`, `algorithm`, `model`, `tags`, "
            "`hand`, `configuration` (of an experiment), or a configuration field such as "
            "`optimizer.learning_rate`.",
        ),
    ] = "auto",
    group: Annotated[
        list[str],
        Query(
            max_length=MOST_RUNS,
            description="With `group_by=hand`: `LABEL:ID,ID`, once a group. Runs in none are a group "
            "of their own.",
        ),
    ] = [],  # noqa: B006
    baseline: Annotated[
        str | None,
        Query(
            max_length=64,
            description="A run: the others are compared with its group. Without it with the first "
            "group of plain GRPO, else the first.",
        ),
    ] = None,
    partial: Annotated[
        bool, Query(description="Name runs that do not exist in `unknown`, instead of 404.")
    ] = False,
) -> service.View:
    """The parameters of a comparison, checked."""
    run_ids = list(dict.fromkeys(part.strip() for part in runs.split(",") if part.strip()))
    if experiment is None and not 1 <= len(run_ids) <= MOST_RUNS:
        raise invalid_field(
            "runs", f"names {len(run_ids)} runs", f"Name 1 to {MOST_RUNS} runs: ?runs=ID,ID."
        )
    if experiment is not None and run_ids:
        raise invalid_field(
            "runs", "is named beside an experiment", "Compare either runs or an experiment's."
        )
    hand: dict[str, list[str]] = {}
    for each in group:
        label, colon, ids = each.rpartition(":")
        label = label.strip()
        if not colon or not label or len(label) > MOST_LABEL:
            raise invalid_field("group", f"{each[:80]!r} is no group", "Write LABEL:ID,ID.")
        hand.setdefault(label, []).extend(part.strip() for part in ids.split(","))
    return service.View(run_ids, group_by, hand, baseline, partial, experiment)


Wanted = Annotated[service.View, Depends(view)]


@router.get("/compare", responses=problems(RunNotFound, ExperimentNotFound, Invalid))
def compare_runs(wanted: Wanted, db: Db) -> Comparison:
    """Runs and groups of runs side by side: statistics, differing configuration, and what the data
    does and does not show."""
    with db.read() as session:
        return service.compare(session, wanted)


@router.post("/compare/curves", responses=problems(Invalid))
def compare_curves(body: CurvesQuery, db: Db) -> CurvesResult:
    """Mean curves of groups of runs with 95 % t-intervals, or their differences to a baseline."""
    with db.read() as session:
        return averages.curves(session, body)


@router.get(
    "/compare/export",
    response_class=Response,
    responses=problems(RunNotFound, ExperimentNotFound, Invalid)
    | {
        200: {
            "model": ComparisonExport,
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
def export_comparison(
    wanted: Wanted,
    db: Db,
    request: Request,
    format: Format = "html",
    keys: Annotated[
        list[str],
        Query(max_length=exports.MOST_KEYS, description="Metrics to draw; default the main ones."),
    ] = [],  # noqa: B006
    x: Axis = "step",
    log: bool = False,
) -> Response:
    """The comparison as a file: an HTML report that needs nothing else, a CSV table or JSON.

    Text in the CSV that a spreadsheet would run as a formula starts with an apostrophe.
    """
    site = str(request.base_url).rstrip("/")
    with db.read() as session:
        text = exports.export(session, wanted, Looks(keys, x, log), format, site)
    return Response(
        text,
        media_type=MEDIA[format],
        headers={"Content-Disposition": f'attachment; filename="comparison.{format}"'},
    )
