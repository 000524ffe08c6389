"""Queries on workers, attempts and what waits for them."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, Text, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import Session, contains_eager, undefer

from ahora.status import ACTIVE, RunStatus
from backend.db import clock
from backend.db.models import Attempt, Run, Worker
from backend.errors import WorkerNotFound


def require_worker(session: Session, worker_id: str) -> Worker:
    """The worker. Raises `WorkerNotFound`."""
    worker = session.get(Worker, worker_id)
    if worker is None:
        raise WorkerNotFound(f"No worker has the id {worker_id!r}: register it first.")
    return worker


def online(session: Session) -> Sequence[Worker]:
    """Workers that are online."""
    return session.scalars(select(Worker).where(Worker.status == "online")).all()


def newest_named(session: Session, name: str, host: str) -> Worker | None:
    """The process that started last under a name on a host."""
    query = select(Worker).where(Worker.name == name, Worker.host == host)
    return session.scalars(query.order_by(Worker.started_at.desc()).limit(1)).one_or_none()


def recent(session: Session, since: datetime) -> Sequence[Worker]:
    """Workers online or seen since `since`: online first, then by name."""
    query = (
        select(Worker)
        .where(or_(Worker.status == "online", Worker.last_seen_at >= since))
        .order_by(
            case((Worker.status == "online", 0), else_=1), Worker.name, Worker.started_at.desc()
        )
    )
    return session.scalars(query).all()


def active_attempts(session: Session) -> Sequence[Attempt]:
    """Attempts that hold a slot, with their runs."""
    query = (
        select(Attempt)
        .join(Attempt.run)
        .where(Attempt.status == "active")
        .options(contains_eager(Attempt.run))
        .order_by(Attempt.claimed_at, Attempt.id)
    )
    return session.scalars(query).all()


def lost_runs(session: Session) -> Sequence[tuple[str, int]]:
    """Id and newest attempt number of the runs that are lost."""
    query = select(Run.id, Run.attempt_number).where(Run.status == RunStatus.LOST)
    return [(run_id, number) for run_id, number in session.execute(query)]


def attempt_of_claim(session: Session, claim_id: str) -> Attempt | None:
    """The attempt that a claim made."""
    return session.scalars(select(Attempt).where(Attempt.claim_id == claim_id)).one_or_none()


def newest_attempt(session: Session, run: Run) -> Attempt:
    """The newest attempt at a run that has one."""
    query = select(Attempt).where(Attempt.run_id == run.id, Attempt.number == run.attempt_number)
    return session.scalars(query.execution_options(populate_existing=True)).one()


LONGEST_WAIT = timedelta(minutes=10)
"""Longest time from now that a run is ever made to wait: a due time beyond it was written before the
clock was put back, and counts for nothing."""


def lock_next(
    session: Session, queue: str, memory_gb: float, store: str, labels: Collection[str]
) -> Run | None:
    """Lock the next run that waits in a queue, is due, and asks for at most so much memory, for no
    other label than `labels` and no other store than `store`; None when there is none.

    Runs that another claim holds are passed over.
    """
    labels_asked, next_run = _waiting(clock.is_shared(session))
    place = {"queue": queue, "memory_gb": memory_gb, "stores": ["", store]}
    met = ["[]"]
    if labels:
        asked = session.scalars(labels_asked, place)
        met = [text for text in asked if set(json.loads(text)) <= set(labels)]
    return session.scalars(next_run, {**place, "labels": met}).one_or_none()


@cache  # to put it together is a fifth of a claim's work
def _waiting(shared_clock: bool) -> tuple[Select[str], Select[Run]]:
    """What is asked of the runs that are due and fit a slot but for its labels: all the labels they ask
    for, and the next of those that ask for none but `labels`."""
    now, far = (clock.in_(shared_clock, wait) for wait in (timedelta(), LONGEST_WAIT))
    labels = cast(Run.labels, Text)
    fits = and_(
        Run.status == RunStatus.QUEUED,
        Run.queue == bindparam("queue"),
        Run.deleted_at.is_(None),
        Run.min_memory_gb <= bindparam("memory_gb"),
        Run.needs_store.in_(bindparam("stores", expanding=True)),
        or_(Run.not_before.is_(None), Run.not_before <= now, Run.not_before > far),
    )
    next_run = (
        select(Run)
        .where(fits, labels.in_(bindparam("labels", expanding=True)))
        .order_by(Run.priority.desc(), Run.created_at, Run.id)
        .limit(1)
        .options(undefer(Run.config), undefer(Run.from_checkpoint))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return select(labels).where(fits).distinct(), next_run


def counts_by_queue(session: Session) -> dict[str, tuple[int, int]]:
    """For each queue with runs: how many wait and how many are active."""
    waits = func.sum(case((Run.status == RunStatus.QUEUED, 1), else_=0))
    active = func.sum(case((Run.status.in_(ACTIVE), 1), else_=0))
    query = (
        select(Run.queue, waits, active)
        .where(Run.status.in_({RunStatus.QUEUED, *ACTIVE}), Run.deleted_at.is_(None))
        .group_by(Run.queue)
    )
    return {queue: (int(n), int(m)) for queue, n, m in session.execute(query)}
