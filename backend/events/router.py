"""Where attempts report."""

from fastapi import APIRouter

from ahora.schemas.workers import AttemptOrders, EventBatch
from backend.dependencies import AppSettings, Bell, Db
from backend.errors import BadRequest, BodyTooLarge, StaleAttempt, Unauthorized, WrongSeq, problems
from backend.events import service
from backend.events.inflate import InflatingRoute
from backend.workers.fencing import CurrentAttempt

router = APIRouter(prefix="/worker/attempts", tags=["worker"], route_class=InflatingRoute)


@router.post(
    "/{attempt_id}/events",
    responses=problems(BadRequest, Unauthorized, StaleAttempt, WrongSeq, BodyTooLarge),
)
def append_events(
    attempt_id: str,
    batch: EventBatch,
    caller: CurrentAttempt,
    db: Db,
    bell: Bell,
    settings: AppSettings,
) -> AttemptOrders:
    """Store events of an attempt, each exactly once.

    A batch starts at `last_seq + 1`; one that was stored in full is accepted again. The body may be
    sent with `Content-Encoding: gzip`.
    """
    with db.write() as session:
        return service.append(session, caller, batch.events, bell, settings.lease_seconds)
