"""Routes of the run table."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from ahora.config import JobKind
from ahora.schemas.base import Page
from ahora.schemas.table import (
    BulkAnswer,
    BulkRequest,
    ColumnName,
    ColumnValues,
    RunColumn,
    RunIds,
    RunRow,
    TableExport,
    TableGroups,
)
from ahora.status import RunStatus
from backend.auth.principal import CurrentUser
from backend.dependencies import Bell, Db
from backend.pages import Cursor, Limit
from backend.runs import views
from backend.table import bulk, catalogue, columns, export, groups, listing
from backend.workers.waiting import Waiting

router = APIRouter(prefix="/runs", tags=["runs"])

MOST_IDS = 10_000
Text = Annotated[str | None, Query(max_length=500)]
Condition = Annotated[str, Query(max_length=1000)]
Columns = Annotated[
    list[ColumnName] | None, Query(max_length=100, description="Columns to give values of.")
]
Sort = Annotated[
    str,
    Query(
        max_length=1000,
        description="Columns with commas between, '-' in front for descending, such as "
        "`-metric.reward.max,name`.",
    ),
]


def run_filter(
    project: Text = None,
    status: Annotated[list[RunStatus] | None, Query(description="Any of these states.")] = None,
    tag: Annotated[list[str] | None, Query(description="All of these tags.")] = None,
    algorithm: Text = None,
    model: Text = None,
    user: Annotated[list[str] | None, Query(description="Launched by any of these.")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=500, description="Words that name, id, tags, notes, model or data contain."
        ),
    ] = None,
    where: Annotated[
        list[Condition] | None,
        Query(
            max_length=50,
            description="Conditions that must all hold: a column, one of = != < <= > >= ~ !~, and a "
            "value, such as `config.optimizer.learning_rate>1e-5`, `metric.reward.max>=0.8`, "
            "`seed=0|1`, `created_by=ana`, `config.algorithm.alpha=null`.",
        ),
    ] = None,
    deleted: Annotated[bool, Query(description="The bin instead of the table.")] = False,
    kind: Annotated[
        JobKind, Query(description="Training runs, or the jobs on checkpoints of this kind.")
    ] = "train",
    experiment: Annotated[
        str | None, Query(max_length=100, description="Id of the experiment they belong to.")
    ] = None,
) -> listing.RunFilter:
    """Which runs a request is about."""
    return listing.RunFilter(
        project=project,
        status=status or [],
        tag=tag or [],
        algorithm=algorithm,
        model=model,
        user=user or [],
        q=q,
        where=where or [],
        deleted=deleted,
        kind=kind,
        experiment=experiment,
    )


Which = Annotated[listing.RunFilter, Depends(run_filter)]


@router.get("")
def list_runs(
    db: Db,
    which: Which,
    sort: Sort = "-created_at",
    column: Columns = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    offset: Annotated[
        int, Query(ge=0, le=1_000_000, description="Rows to skip, instead of a cursor.")
    ] = 0,
) -> Page[RunRow]:
    """A page of runs. Runs without a value of a sorted column come last."""
    wanted = [columns.parse(name) for name in column or []]
    with db.read() as session:
        runs, following, total = listing.list_runs(session, which, sort, limit, cursor, offset)
        values = listing.values(session, runs, wanted)
        waiting = Waiting(session)
        items = [
            RunRow.model_construct(**views.summary(run, waiting).__dict__, values=values[run.id])
            for run in runs
        ]
    return Page(items=items, next_cursor=following, total=total)


@router.get("/ids")
def list_run_ids(
    db: Db,
    which: Which,
    sort: Sort = "-created_at",
    limit: Annotated[int, Query(ge=1, le=MOST_IDS)] = MOST_IDS,
) -> RunIds:
    """The ids of all runs that match, to do something to all of them."""
    with db.read() as session:
        found = listing.list_ids(session, which, sort, limit)
        total = len(found) if len(found) < limit else listing.count(session, which)
    return RunIds(ids=found, total=total)


@router.get("/columns")
def list_run_columns(db: Db) -> list[RunColumn]:
    """Columns that runs have values of: of the run, of its configuration, of its metrics."""
    with db.read() as session:
        return catalogue.catalogue(session)


@router.get("/columns/values")
def list_column_values(
    db: Db, which: Which, column: ColumnName, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> ColumnValues:
    """What the runs that match have in a column: the most frequent values and the range."""
    with db.read() as session:
        return catalogue.column_values(session, which, columns.parse(column), limit)


@router.get("/groups")
def group_runs(
    db: Db,
    which: Which,
    by: Annotated[
        list[ColumnName], Query(max_length=groups.MOST_BY, description="Columns to group by.")
    ],
    column: Columns = None,
    sort: Annotated[
        str, Query(max_length=1000, description="As of the list; columns by their means.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=groups.MOST_GROUPS)] = 200,
) -> TableGroups:
    """The runs that match in groups, with mean and spread of columns; `by=method` groups seeds."""
    keys = [columns.parse(name, "by") for name in dict.fromkeys(by)]
    wanted = [columns.parse(name) for name in dict.fromkeys(column or [])]
    with db.read() as session:
        return groups.group_runs(session, which, keys, wanted, sort, limit)


@router.post("/bulk")
def change_runs(body: BulkRequest, user: CurrentUser, db: Db, bell: Bell) -> BulkAnswer:
    """Stop, pause, resume, retry, delete, restore or tag many runs; each is answered for itself."""
    return bulk.carry_out(db, bell, body, user.name)


@router.post(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
                "text/csv": {"schema": {"type": "string"}},
            }
        }
    },
)
def export_runs(body: TableExport, db: Db) -> StreamingResponse:
    """Rows of the table as a file; text that a spreadsheet would run as a formula is made harmless."""
    wanted = [columns.parse(name, "columns") for name in dict.fromkeys(body.columns)]
    return StreamingResponse(
        export.csv(db, body.runs, wanted)
        if body.format == "csv"
        else export.json(db, body.runs, wanted),
        media_type="text/csv; charset=utf-8" if body.format == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="runs.{body.format}"'},
    )
