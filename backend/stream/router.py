"""The route of the live stream."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from backend.auth.principal import CurrentUser
from backend.dependencies import Db
from backend.errors import Invalid, RunNotFound, problems
from backend.pages import invalid_field
from backend.stream import cursor, repository
from backend.stream.hub import Hub
from backend.stream.service import Reader

router = APIRouter(tags=["monitoring"])

MOST_RUNS = 100


@dataclass(frozen=True)
class Wanted:
    """What a stream is asked for; `run_ids` None is all runs."""

    run_ids: frozenset[str] | None
    after: Mapping[str, int]


def wanted(
    db: Db,
    _user: CurrentUser,
    runs: Annotated[
        str, Query(max_length=4000, description="Run ids, separated by commas, or `*`.")
    ],
    after: Annotated[
        str | None,
        Query(max_length=cursor.MAX_LENGTH, description="`id` of the last event that was read."),
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(max_length=cursor.MAX_LENGTH, description="The same, as browsers send it."),
    ] = None,
) -> Wanted:
    """Checks the request before the stream starts, when it can still answer with an error."""
    if runs.strip() == "*":
        return Wanted(None, {})
    run_ids = [part.strip() for part in runs.split(",") if part.strip()]
    if not 1 <= len(set(run_ids)) <= MOST_RUNS:
        raise invalid_field(
            "runs",
            f"names {len(set(run_ids))} runs",
            f"Name 1 to {MOST_RUNS} runs, ?runs=ID,ID, or all of them, ?runs=*.",
        )
    try:
        # a browser that reconnects sends the header, and the address it first opened
        positions = cursor.decode(last_event_id or after or "")
    except ValueError:
        raise invalid_field(
            "after", "is not a cursor of the stream", "Pass the id of the last event as it was."
        ) from None
    with db.read() as session:
        known = repository.newest_numbers(session, run_ids)
    for run_id in run_ids:
        if run_id not in known:
            raise RunNotFound(run_id)
    return Wanted(frozenset(run_ids), positions)


@router.get(
    "/stream",
    response_class=EventSourceResponse,
    responses=problems(RunNotFound, Invalid),
)
async def stream(
    request: Request, db: Db, user: CurrentUser, wish: Annotated[Wanted, Depends(wanted)]
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: `run`, `metrics`, `system`, `log`, `rollouts`, `checkpoint`, `provenance`,
    `job`, `alert`, `reset` and `ready`.

    Of named runs: what follows `Last-Event-ID` or `after`, without gap or duplicate, then `ready`, then
    live. Of all runs (`*`): only `run`, from now on.
    """
    reader = Reader(db=db, hub=cast(Hub, request.app.state.hub), user=user)
    events = reader.table() if wish.run_ids is None else reader.runs(wish.run_ids, wish.after)
    async for event in events:
        yield event
