"""Claims: a slot asks for work and gets the waiting run with the highest priority, then age, that fits.

No run is given twice: its row is found and locked in one query (PostgreSQL passes over rows that another
claim holds and looks at a row once more under its lock, SQLite has one writer at a time).
"""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ahora.schemas.workers import Claim, ClaimRequest, Device, Job
from ahora.status import FINAL, Actor, RunStatus
from backend.auth.secrets import attempt_token, digest
from backend.db import Database, new_id
from backend.db.models import Attempt, Run, Worker
from backend.jobs.repository import for_claim
from backend.pages import invalid_field
from backend.runs.transitions import change_status, lock_run, set_start
from backend.workers import fit, inputs, repository


def claim(db: Database, body: ClaimRequest, worker_secret: str) -> Claim:
    """Answer a claim; a repeat with the same claim id gets the same job."""
    try:
        with db.write() as session:
            return _claim(session, body, worker_secret)
    except IntegrityError:  # it was answered before, or was under way and has won
        with db.write() as session:
            earlier = repository.attempt_of_claim(session, body.claim_id)
            if earlier is None:
                raise
            return _repeat(session, earlier, worker_secret)


def _claim(session: Session, body: ClaimRequest, worker_secret: str) -> Claim:
    worker = repository.require_worker(session, body.worker_id)
    device = _device(worker, body)
    place = (body.queue, device.memory_gb, worker.store, worker.labels)
    run = None if worker.draining else repository.lock_next(session, *place)
    if run is not None:
        # if the claim was answered before, its id is taken: no claim has to ask for that first
        return _answer(session, run, _start(session, run, worker, device, body), worker_secret)
    earlier = repository.attempt_of_claim(session, body.claim_id)
    return Claim() if earlier is None else _repeat(session, earlier, worker_secret)


def _repeat(session: Session, attempt: Attempt, worker_secret: str) -> Claim:
    run = lock_run(session, attempt.run_id)
    over = attempt.number != run.attempt_number or attempt.status not in {"active", "lost"}
    if over or run.status in FINAL:
        return Claim()
    return _answer(session, run, attempt, worker_secret)


def _device(worker: Worker, body: ClaimRequest) -> Device:
    if body.slot >= len(worker.devices):
        raise invalid_field(
            "slot",
            f"{body.slot} is not one of the {len(worker.devices)} slots the worker registered",
            "Register the worker again with a device for each slot.",
        )
    device = Device.model_validate(worker.devices[body.slot])
    if body.queue not in worker.queues or device.kind != fit.KINDS[body.queue]:
        raise invalid_field(
            "queue",
            f"{body.queue} is not served by slot {body.slot} of this worker ({device.kind})",
            "Claim from the queue of the slot's device.",
        )
    return device


def _start(
    session: Session, run: Run, worker: Worker, device: Device, body: ClaimRequest
) -> Attempt:
    given = inputs.continued(session, run)
    start_step = given[0].step if given else 0
    set_start(run, start_step)
    run.fresh_start = False
    run.attempt_number += 1
    run.worker = worker.name
    attempt = Attempt(
        id=new_id(),
        run_id=run.id,
        number=run.attempt_number,
        status="active",
        claim_id=body.claim_id,
        token_hash="",
        worker_id=worker.id,
        worker=worker.name,
        host=worker.host,
        device=f"{device.kind}:{device.index}",
        slot=body.slot,
        start_step=start_step,
        last_seq=0,
        counter=0,
    )
    session.add(attempt)
    change_status(
        session,
        run,
        RunStatus.STARTING,
        actor=Actor.WORKER,
        actor_name=worker.name,
    )
    return attempt


def _answer(session: Session, run: Run, attempt: Attempt, worker_secret: str) -> Claim:
    # of a repeat it is the same, unless the worker's own token was replaced in between
    token = attempt_token(worker_secret, attempt.id)
    attempt.token_hash = digest(token)
    order = None if run.kind == "train" else for_claim(session, run.id)
    return Claim(
        job=Job(
            run_id=run.id,
            run_name=run.name,
            attempt_id=attempt.id,
            attempt=attempt.number,
            attempt_token=token,
            kind=run.kind,
            config=run.config,
            resume_from=inputs.handed_out(session, run, attempt),
            from_checkpoint=inputs.begun_with(run),
            spec=None if order is None else order.spec,
            facts=None if order is None else order.facts,
        )
    )
