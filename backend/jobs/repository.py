"""Queries on jobs."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from backend.db.models import Attempt, Checkpoint, Job, Run


def get(session: Session, job_id: str) -> tuple[Run, Job] | None:
    """A job with its result."""
    query = select(Run, Job).join(Job, Job.id == Run.id).where(Job.id == job_id)
    row = session.execute(query.options(undefer(Job.result))).one_or_none()
    return None if row is None else (row[0], row[1])


def of_run(session: Session, run_id: str, limit: int) -> Sequence[tuple[Run, Job]]:
    """The jobs on a run's checkpoints that are not deleted, newest first, without their results."""
    query = (
        select(Run, Job)
        .join(Job, Job.id == Run.id)
        .where(Run.parent_run_id == run_id, Run.deleted_at.is_(None))
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(limit)
    )
    return [(run, job) for run, job in session.execute(query)]


def for_claim(session: Session, job_id: str) -> Job:
    """What a worker is told about a job."""
    query = select(Job).where(Job.id == job_id).options(undefer(Job.facts))
    return session.scalars(query).one()


def exported(session: Session, job_ids: Collection[str]) -> dict[str, Checkpoint]:
    """What each of the jobs exported, by its newest attempt."""
    query = select(Checkpoint).where(Checkpoint.run_id.in_(job_ids)).order_by(Checkpoint.attempt)
    return {row.run_id: row for row in session.scalars(query)}


def attempt(session: Session, run_id: str, number: int) -> Attempt | None:
    """An attempt at a run."""
    query = select(Attempt).where(Attempt.run_id == run_id, Attempt.number == number)
    return session.scalars(query).one_or_none()
