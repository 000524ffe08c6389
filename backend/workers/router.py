"""Routes of workers: what they say, and what users see of them."""

from fastapi import APIRouter

from ahora.schemas.workers import (
    AttemptHeartbeat,
    AttemptOrders,
    Claim,
    ClaimRequest,
    QueueState,
    Registered,
    Worker,
    WorkerHeartbeat,
    WorkerOrders,
    WorkerRegister,
)
from backend.auth.principal import CurrentWorker
from backend.dependencies import AppSettings, Db
from backend.errors import StaleAttempt, WorkerNotFound, problems
from backend.workers import claims, service
from backend.workers.fencing import CurrentAttempt, attempt_heartbeat_received

user_router = APIRouter(tags=["workers"])
worker_router = APIRouter(prefix="/worker", tags=["worker"])
attempt_router = APIRouter(prefix="/worker/attempts/{attempt_id}", tags=["worker"])


@user_router.get("/workers")
def list_workers(db: Db) -> list[Worker]:
    """Workers that are online or left within a day."""
    with db.read() as session:
        return service.workers(session)


@user_router.get("/queue")
def get_queue(db: Db) -> list[QueueState]:
    """What waits and runs in each queue, and the slots for it."""
    with db.read() as session:
        return service.queue_states(session)


@worker_router.post("/register")
def register_worker(body: WorkerRegister, db: Db, settings: AppSettings) -> Registered:
    """A worker process starts. Repeating it is harmless."""
    with db.write() as session:
        service.register(session, body)
    return Registered(
        worker_id=body.worker_id,
        lease_seconds=settings.lease_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
    )


@worker_router.post("/claims", responses=problems(WorkerNotFound))
def claim(body: ClaimRequest, worker: CurrentWorker, db: Db) -> Claim:
    """A slot asks for work. Repeating a claim with its id gives the same answer."""
    return claims.claim(db, body, worker.secret)


@worker_router.post("/{worker_id}/heartbeat", responses=problems(WorkerNotFound))
def worker_heartbeat(worker_id: str, body: WorkerHeartbeat, db: Db) -> WorkerOrders:
    """A worker is there."""
    with db.write() as session:
        service.heartbeat(session, worker_id, body)
    return WorkerOrders()


@worker_router.post("/{worker_id}/leave", status_code=204, responses=problems(WorkerNotFound))
def leave_worker(worker_id: str, db: Db) -> None:
    """A worker ends: it shows as offline at once."""
    with db.write() as session:
        service.leave(session, worker_id)


@attempt_router.post("/heartbeat", responses=problems(StaleAttempt))
def attempt_heartbeat(caller: CurrentAttempt, body: AttemptHeartbeat, db: Db) -> AttemptOrders:
    """The supervisor of an attempt is there; the answer says what is wanted of it."""
    with db.write() as session:
        return attempt_heartbeat_received(session, caller, body.counter)
