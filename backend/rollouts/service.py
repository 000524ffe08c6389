"""Sampled groups: one zstandard blob each; those of superseded steps are hidden."""

import json
from collections.abc import Sequence

import zstandard
from pydantic_core import PydanticSerializationError
from sqlalchemy.orm import Session

from ahora.events import RolloutGroup
from ahora.schemas.monitoring import RolloutGroups, RolloutStep
from backend.db.models import Run
from backend.errors import NotFound
from backend.events.superseded import NO_LIMIT, Limits
from backend.events.text import finite, storable_json
from backend.rollouts import repository


class RolloutsNotFound(NotFound):
    """There are no rollouts of this step."""


def store(session: Session, run: Run, attempt: int, groups: Sequence[RolloutGroup]) -> list[int]:
    """Store groups of the locked `run`; of the same step and index the last counts. Gives the steps
    they belong to."""
    if not groups:
        return []
    compressor = zstandard.ZstdCompressor()
    blobs = {
        (group.step, group.index): (group, compressor.compress(_json(group))) for group in groups
    }
    rows: list[dict[str, object]] = [
        {
            "run_id": run.id,
            "attempt": attempt,
            "step": group.step,
            "index": group.index,
            "completions": len(group.completions),
            "reward_mean": finite(group.reward_mean),
            "has_signal": group.has_signal,
            "data": blob,
        }
        for group, blob in blobs.values()
    ]
    freed = repository.replace(session, run.id, attempt, rows)
    run.rollout_bytes += sum(len(blob) for _, blob in blobs.values()) - freed
    return sorted({group.step for group in groups})


def _json(group: RolloutGroup) -> bytes:
    try:
        return group.model_dump_json().encode()
    except PydanticSerializationError:  # half of a surrogate pair, which has no UTF-8 form
        return json.dumps(storable_json(group.model_dump())).encode()


def list_steps(session: Session, run_id: str, limits: Limits) -> list[RolloutStep]:
    """The steps that have groups, in order."""
    newest: dict[int, RolloutStep] = {}
    for row in repository.steps(session, run_id):
        if row.step <= limits.get(row.attempt, NO_LIMIT):
            newest[row.step] = RolloutStep(
                step=row.step,
                groups=row.groups,
                reward_mean=row.reward_mean,
                completions=row.completions,
                with_signal=row.with_signal,
            )
    return list(newest.values())


def groups_of(session: Session, run_id: str, step: int, limits: Limits) -> RolloutGroups:
    """The groups of a step. Raises `RolloutsNotFound`."""
    attempts = [
        number
        for number in repository.attempts_of(session, run_id, step)
        if step <= limits.get(number, NO_LIMIT)
    ]
    if not attempts:
        raise RolloutsNotFound(
            f"No rollouts were sampled at step {step}: GET /api/v1/runs/{run_id}/rollouts lists the "
            "steps that have some."
        )
    decompressor = zstandard.ZstdDecompressor()
    blobs = repository.blobs(session, run_id, step, max(attempts))
    groups = [RolloutGroup.model_validate_json(decompressor.decompress(blob)) for blob in blobs]
    return RolloutGroups(run_id=run_id, step=step, groups=groups)
