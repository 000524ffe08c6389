"""Routes of rollouts."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ahora.schemas.rollouts import (
    PromptHistory,
    PromptSummary,
    RolloutDistributions,
    RolloutGroups,
    RolloutStep,
)
from backend.dependencies import Db
from backend.errors import RunNotFound, problems
from backend.events.superseded import valid_steps
from backend.pages import Limit
from backend.rollouts import service
from backend.rollouts.service import RolloutsNotFound
from backend.runs.repository import require_run

router = APIRouter(tags=["monitoring"])


@router.get("/runs/{run_id}/rollouts", responses=problems(RunNotFound))
def list_rollout_steps(run_id: str, db: Db) -> list[RolloutStep]:
    """The steps of which sampled groups are stored, in order."""
    with db.read() as session:
        require_run(session, run_id)
        return service.list_steps(session, run_id, valid_steps(session, [run_id])[run_id])


@router.get("/runs/{run_id}/rollouts/{step}", responses=problems(RunNotFound, RolloutsNotFound))
def get_rollouts(
    run_id: str,
    step: Annotated[int, Path(ge=0, lt=2**31)],
    db: Db,
    index: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only the group at this place of the batch.")
    ] = None,
) -> RolloutGroups:
    """The groups of a step, token by token."""
    with db.read() as session:
        require_run(session, run_id)
        limits = valid_steps(session, [run_id])[run_id]
        return service.groups_of(session, run_id, step, limits, index)


@router.get("/runs/{run_id}/rollout-distributions", responses=problems(RunNotFound))
def get_rollout_distributions(
    run_id: str,
    db: Db,
    columns: Annotated[
        int,
        Query(ge=1, le=1000, description="Neighbouring steps are taken together beyond so many."),
    ] = 200,
) -> RolloutDistributions:
    """How rewards and lengths of the completions are distributed, over all steps at once."""
    with db.read() as session:
        require_run(session, run_id)
        limits = valid_steps(session, [run_id])[run_id]
        return service.distributions(session, run_id, limits, columns)


@router.get("/runs/{run_id}/prompts", responses=problems(RunNotFound))
def list_prompts(run_id: str, db: Db, limit: Limit = 200) -> list[PromptSummary]:
    """The prompts that groups are stored of, those of most steps first."""
    with db.read() as session:
        require_run(session, run_id)
        return service.prompts(session, run_id, valid_steps(session, [run_id])[run_id], limit)


@router.get("/runs/{run_id}/prompts/history", responses=problems(RunNotFound, RolloutsNotFound))
def get_prompt_history(
    run_id: str, prompt_id: Annotated[str, Query(max_length=1000)], db: Db
) -> PromptHistory:
    """One prompt through the run's training: each of its groups, without the tokens."""
    with db.read() as session:
        require_run(session, run_id)
        limits = valid_steps(session, [run_id])[run_id]
        return service.history(session, run_id, prompt_id, limits)
