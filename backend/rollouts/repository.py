"""Queries on sampled groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from backend.db.models import RolloutGroup
from backend.events.superseded import NO_LIMIT


class StepRow(NamedTuple):
    """The groups that one attempt reported of one step."""

    step: int
    attempt: int
    groups: int
    completions: int
    reward_mean: float | None
    with_signal: int


class GroupRow(NamedTuple):
    """A group without its blob."""

    step: int
    attempt: int
    place: int
    """Its index in the batch."""
    prompt_id: str
    reward_mean: float | None
    has_signal: bool
    measures: bytes


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


def visible(
    session: Session, run_id: str, limits: Mapping[int, int], prompt_id: str | None = None
) -> list[GroupRow]:
    """The groups that are valid, by step and index; of a step those of the newest attempt. With
    `prompt_id` those of one prompt."""
    query = select(
        RolloutGroup.step,
        RolloutGroup.attempt,
        RolloutGroup.index,
        RolloutGroup.prompt_id,
        RolloutGroup.reward_mean,
        RolloutGroup.has_signal,
        RolloutGroup.measures,
    ).where(RolloutGroup.run_id == run_id)
    if prompt_id is not None:
        query = query.where(RolloutGroup.prompt_id == prompt_id)
    newest = newest_attempts(session, run_id, limits)
    return [
        row
        for row in map(
            GroupRow._make, session.execute(query.order_by(RolloutGroup.step, RolloutGroup.index))
        )
        if newest.get(row.step) == row.attempt
    ]


def newest_attempts(session: Session, run_id: str, limits: Mapping[int, int]) -> dict[int, int]:
    """Step to the newest attempt that has valid groups of it."""
    query = (
        select(RolloutGroup.step, RolloutGroup.attempt)
        .where(RolloutGroup.run_id == run_id)
        .distinct()
    )
    found: dict[int, int] = {}
    for step, attempt in session.execute(query):
        if step <= limits.get(attempt, NO_LIMIT):
            found[step] = max(attempt, found.get(step, 0))
    return found


def attempts_of(session: Session, run_id: str, step: int) -> Iterable[int]:
    """Numbers of the attempts that have groups of `step`."""
    query = select(RolloutGroup.attempt).where(
        RolloutGroup.run_id == run_id, RolloutGroup.step == step
    )
    return session.scalars(query.distinct()).all()


def blobs(
    session: Session, run_id: str, step: int, attempt: int, index: int | None = None
) -> Sequence[bytes]:
    """The compressed groups of a step, in the order of the batch; with `index` that one."""
    query = (
        select(RolloutGroup.data)
        .where(
            RolloutGroup.run_id == run_id,
            RolloutGroup.step == step,
            RolloutGroup.attempt == attempt,
        )
        .order_by(RolloutGroup.index)
    )
    if index is not None:
        query = query.where(RolloutGroup.index == index)
    return session.scalars(query).all()
