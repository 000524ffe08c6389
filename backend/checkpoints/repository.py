"""Queries on checkpoints."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Checkpoint


def of_step(session: Session, run_id: str, attempt: int, step: int) -> Checkpoint | None:
    """The checkpoint an attempt saved at a step."""
    query = select(Checkpoint).where(
        Checkpoint.run_id == run_id, Checkpoint.attempt == attempt, Checkpoint.step == step
    )
    return session.scalars(query).one_or_none()


def of_run(session: Session, run_id: str) -> Sequence[Checkpoint]:
    """All checkpoints of a run, newest first."""
    query = select(Checkpoint).where(Checkpoint.run_id == run_id)
    return session.scalars(query.order_by(Checkpoint.step.desc(), Checkpoint.attempt.desc())).all()


def get(session: Session, run_id: str, checkpoint_id: str) -> Checkpoint | None:
    """A checkpoint of a run by its id."""
    query = select(Checkpoint).where(Checkpoint.run_id == run_id, Checkpoint.id == checkpoint_id)
    return session.scalars(query).one_or_none()
