"""Sampled groups: one zstandard blob each; those of superseded steps are hidden."""

import json
from collections.abc import Sequence

import zstandard
from pydantic_core import PydanticSerializationError
from sqlalchemy.orm import Session

from ahora.events import RolloutGroup
from ahora.schemas.rollouts import (
    PromptAppearance,
    PromptHistory,
    PromptSummary,
    RolloutDistributions,
    RolloutGroups,
    RolloutStep,
)
from backend.db.models import Run
from backend.errors import NotFound
from backend.events.superseded import NO_LIMIT, Limits
from backend.events.text import finite, storable, storable_json
from backend.rollouts import measures, repository
from backend.rollouts.repository import GroupRow

PROMPT_ID = 200
"""Characters of a prompt's id that are looked for."""


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
            "prompt_id": storable(group.prompt_id, PROMPT_ID),
            "measures": measures.measure(group.completions),
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


def groups_of(
    session: Session, run_id: str, step: int, limits: Limits, index: int | None = None
) -> RolloutGroups:
    """The groups of a step; with `index` that one. Raises `RolloutsNotFound`."""
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
    blobs = repository.blobs(session, run_id, step, max(attempts), index)
    if not blobs:
        raise RolloutsNotFound(f"Step {step} has no group {index}: without index all are given.")
    groups = [RolloutGroup.model_validate_json(decompressor.decompress(blob)) for blob in blobs]
    return RolloutGroups(run_id=run_id, step=step, groups=groups)


def distributions(
    session: Session, run_id: str, limits: Limits, columns: int
) -> RolloutDistributions:
    """Rewards and lengths over all steps, neighbouring ones together where there are more than
    `columns`."""
    by_step: dict[int, list[bytes]] = {}
    for row in repository.visible(session, run_id, limits):
        by_step.setdefault(row.step, []).append(row.measures)
    every = measures.unpack(chunk for chunks in by_step.values() for chunk in chunks)
    rewards = measures.bins_of(every["reward"])
    lengths = measures.bins_of(every["length"].astype(float))
    steps = list(by_step)
    width = -(-len(steps) // columns) or 1
    together = [steps[start : start + width] for start in range(0, len(steps), width)]
    return RolloutDistributions(
        run_id=run_id,
        reward_bins=rewards,
        length_bins=lengths,
        columns=[
            measures.column(
                part[0],
                part[-1],
                measures.unpack(chunk for step in part for chunk in by_step[step]),
                rewards,
                lengths,
            )
            for part in together
        ],
    )


def prompts(session: Session, run_id: str, limits: Limits, limit: int) -> list[PromptSummary]:
    """The prompts that groups are stored of, those of most steps first."""
    found: dict[str, list[GroupRow]] = {}
    for row in repository.visible(session, run_id, limits):
        found.setdefault(row.prompt_id, []).append(row)
    summaries = [
        PromptSummary(
            prompt_id=prompt_id,
            steps=len({row.step for row in rows}),
            first_step=rows[0].step,
            last_step=rows[-1].step,
            first_reward=rows[0].reward_mean,
            last_reward=rows[-1].reward_mean,
        )
        for prompt_id, rows in found.items()
    ]
    summaries.sort(key=lambda each: (-each.steps, each.prompt_id))
    return summaries[:limit]


def history(session: Session, run_id: str, prompt_id: str, limits: Limits) -> PromptHistory:
    """One prompt through the run's training. Raises `RolloutsNotFound`."""
    rows = repository.visible(session, run_id, limits, storable(prompt_id, PROMPT_ID))
    if not rows:
        raise RolloutsNotFound(
            f"No rollouts of the prompt {prompt_id!r} are stored: GET /api/v1/runs/{run_id}/prompts "
            "lists the prompts that have some."
        )
    return PromptHistory(
        run_id=run_id, prompt_id=rows[0].prompt_id, appearances=[_appearance(row) for row in rows]
    )


def _appearance(row: GroupRow) -> PromptAppearance:
    found = measures.unpack([row.measures])
    return PromptAppearance(
        step=row.step,
        index=row.place,
        completions=len(found),
        correct=measures.correct(found),
        truncated=measures.truncated(found),
        reward_mean=row.reward_mean,
        mean_length=float(found["length"].mean()) if len(found) else 0.0,
        has_signal=row.has_signal,
    )
