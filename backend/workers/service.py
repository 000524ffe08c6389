"""Workers that come, report and go, and the state of the queues."""

from datetime import timedelta

from sqlalchemy.orm import Session

from ahora.schemas.workers import (
    QueueState,
    RunningOn,
    Worker,
    WorkerHeartbeat,
    WorkerOrders,
    WorkerRegister,
)
from backend.db import models, utcnow
from backend.workers import draining, fit, repository

SHOWN_AFTER_LEAVING = timedelta(days=1)


def register(session: Session, body: WorkerRegister) -> None:
    """A worker process starts, or says again what it is."""
    worker = session.get(models.Worker, body.worker_id)
    if worker is None:
        worker = models.Worker(id=body.worker_id)
        draining.inherit(session, worker, body.name, body.host)
        session.add(worker)
    for name, value in body.model_dump(exclude={"worker_id"}).items():
        setattr(worker, name, value)
    worker.status, worker.last_seen_at = "online", utcnow()


def heartbeat(session: Session, worker_id: str, body: WorkerHeartbeat) -> WorkerOrders:
    """A worker is there; the answer says what is wanted of it."""
    worker = repository.require_worker(session, worker_id)
    worker.counter = max(worker.counter, body.counter)
    worker.busy_slots = body.busy_slots
    worker.use = None if body.use is None else body.use.model_dump()
    worker.status, worker.last_seen_at = "online", utcnow()
    return WorkerOrders(drain=worker.draining)


def leave(session: Session, worker_id: str) -> None:
    """A worker ends; its attempts report for themselves."""
    repository.require_worker(session, worker_id).status = "offline"


def workers(session: Session) -> list[Worker]:
    """Workers online, and those that left within a day, with what they run."""
    running = _running(session)
    since = utcnow() - SHOWN_AFTER_LEAVING
    return [
        _view(worker, running.get(worker.id, [])) for worker in repository.recent(session, since)
    ]


def worker(session: Session, worker_id: str) -> Worker:
    """One worker, as `workers` shows it."""
    session.flush()
    found = repository.require_worker(session, worker_id)
    return _view(found, _running(session).get(worker_id, []))


def _running(session: Session) -> dict[str | None, list[RunningOn]]:
    running: dict[str | None, list[RunningOn]] = {}
    for attempt in repository.active_attempts(session):
        running.setdefault(attempt.worker_id, []).append(
            RunningOn(
                run_id=attempt.run_id,
                name=attempt.run.name,
                attempt=attempt.number,
                status=attempt.run.status,
            )
        )
    return running


def _view(worker: models.Worker, running: list[RunningOn]) -> Worker:
    return Worker.model_validate(
        {
            "id": worker.id,
            "name": worker.name,
            "host": worker.host,
            "pid": worker.pid,
            "status": worker.status,
            "queues": worker.queues,
            "slots": worker.slots,
            "devices": worker.devices,
            "labels": worker.labels,
            "versions": worker.versions,
            "started_at": worker.started_at,
            "last_seen_at": worker.last_seen_at,
            "running": running,
            "draining": worker.draining,
            "drained_by": worker.drained_by,
            "drain_reason": worker.drain_reason,
            "use": worker.use if worker.status == "online" else None,
        }
    )


def queue_states(session: Session) -> list[QueueState]:
    """Every queue: what waits, what is active, and the slots of workers that take runs."""
    counts = repository.counts_by_queue(session)
    online = [worker for worker in repository.online(session) if not worker.draining]
    ids = {worker.id for worker in online}
    busy: dict[str, int] = {}
    for attempt in repository.active_attempts(session):
        if attempt.worker_id in ids:
            busy[attempt.run.queue] = busy.get(attempt.run.queue, 0) + 1
    states = []
    for queue in fit.KINDS:
        queued, active = counts.get(queue, (0, 0))
        slots = sum(
            len(fit.devices(worker, queue)) - len(fit.troubles(worker, queue)) for worker in online
        )
        idle = max(0, slots - busy.get(queue, 0))
        states.append(
            QueueState(name=queue, queued=queued, active=active, slots=slots, idle_slots=idle)
        )
    return states
