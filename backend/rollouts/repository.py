"""Queries on sampled groups."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from backend.db.models import RolloutGroup


class StepRow(NamedTuple):
    """The groups that one attempt reported of one step."""

    step: int
    attempt: int
    groups: int
    completions: int
    reward_mean: float | None
    with_signal: int


def replace(
    session: Session, run_id: str, attempt: int, groups: Sequence[dict[str, object]]
) -> int:
    """Insert rows in place of those with the same step and index; returns the bytes these had."""
    places = [(group["step"], group["index"]) for group in groups]
    replaced = session.execute(
        delete(RolloutGroup)
        .where(
            RolloutGroup.run_id == run_id,
            RolloutGroup.attempt == attempt,
            tuple_(RolloutGroup.step, RolloutGroup.index).in_(places),
        )
        .returning(func.length(RolloutGroup.data))
    )
    freed = sum(int(size) for (size,) in replaced)
    session.execute(insert(RolloutGroup), groups)
    return freed


def steps(session: Session, run_id: str) -> list[StepRow]:
    """What each attempt reported of each step, by step and attempt."""
    query = (
        select(
            RolloutGroup.step,
            RolloutGroup.attempt,
            func.count(),
            func.sum(RolloutGroup.completions),
            func.avg(RolloutGroup.reward_mean),
            func.count().filter(RolloutGroup.has_signal),
        )
        .where(RolloutGroup.run_id == run_id)
        .group_by(RolloutGroup.step, RolloutGroup.attempt)
        .order_by(RolloutGroup.step, RolloutGroup.attempt)
    )
    return [StepRow(*row) for row in session.execute(query)]


def attempts_of(session: Session, run_id: str, step: int) -> Iterable[int]:
    """Numbers of the attempts that have groups of `step`."""
    query = select(RolloutGroup.attempt).where(
        RolloutGroup.run_id == run_id, RolloutGroup.step == step
    )
    return session.scalars(query.distinct()).all()


def blobs(session: Session, run_id: str, step: int, attempt: int) -> Sequence[bytes]:
    """The compressed groups of a step, in the order of the batch."""
    query = (
        select(RolloutGroup.data)
        .where(
            RolloutGroup.run_id == run_id,
            RolloutGroup.step == step,
            RolloutGroup.attempt == attempt,
        )
        .order_by(RolloutGroup.index)
    )
    return session.scalars(query).all()
