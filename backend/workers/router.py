"""Routes of workers: what they say, and what users see of them."""

from fastapi import APIRouter

from ahora.schemas.workers import (
    AttemptHeartbeat,
    AttemptOrders,
    Claim,
    ClaimRequest,
    DrainRequest,
    QueueState,
    Registered,
    Worker,
    WorkerHeartbeat,
    WorkerOrders,
    WorkerRegister,
)
from backend.auth.principal import CurrentUser, CurrentWorker
from backend.dependencies import AppSettings, Bell, Db
from backend.errors import StaleAttempt, WorkerNotFound, problems
from backend.workers import claims, draining, service
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


@user_router.post("/workers/{worker_id}/drain", responses=problems(WorkerNotFound))
def drain_worker(
    worker_id: str, user: CurrentUser, db: Db, body: DrainRequest | None = None
) -> Worker:
    """The worker takes no more runs, also after a restart of its process, and finishes or pauses those
    it has."""
    wish = body or DrainRequest()
    with db.write() as session:
        draining.drain(session, worker_id, user.name, wish)
    if wish.runs == "pause":
        draining.pause_runs(db, worker_id, user.name, wish.reason)
    with db.read() as session:
        return service.worker(session, worker_id)


@user_router.post("/workers/{worker_id}/undrain", responses=problems(WorkerNotFound))
def undrain_worker(worker_id: str, db: Db, bell: Bell) -> Worker:
    """The worker takes runs again."""
    with db.write() as session:
        draining.undrain(session, worker_id)
        found = service.worker(session, worker_id)
    for queue in found.queues:
        bell.ring(queue)
    return found


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
        return service.heartbeat(session, worker_id, body)


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
