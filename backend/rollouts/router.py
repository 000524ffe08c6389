"""Routes of rollouts."""

from typing import Annotated

from fastapi import APIRouter, Path

from ahora.schemas.monitoring import RolloutGroups, RolloutStep
from backend.dependencies import Db
from backend.errors import RunNotFound, problems
from backend.events.superseded import valid_steps
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
def get_rollouts(run_id: str, step: Annotated[int, Path(ge=0, lt=2**31)], db: Db) -> RolloutGroups:
    """The groups of a step, token by token."""
    with db.read() as session:
        require_run(session, run_id)
        return service.groups_of(session, run_id, step, valid_steps(session, [run_id])[run_id])
