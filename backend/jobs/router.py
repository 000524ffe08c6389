"""Routes of jobs on checkpoints."""

from typing import Annotated

from fastapi import APIRouter, Query

from ahora.schemas.jobs import CheckpointJob, JobCreate, JobSummary
from backend.auth.principal import CurrentUser
from backend.checkpoints.service import CheckpointNotFound
from backend.dependencies import Bell, Db
from backend.errors import IdempotencyKeyReused, NotATrainingRun, RunNotFound, problems
from backend.jobs import service
from backend.jobs.service import JobNotFound, RunDeleted
from backend.runs.idempotency import Key, create_once, request_hash
from backend.runs.repository import require_run

router = APIRouter(tags=["jobs"])


@router.post(
    "/checkpoints/{checkpoint_id}/jobs",
    status_code=201,
    responses=problems(CheckpointNotFound, RunDeleted, NotATrainingRun, IdempotencyKeyReused),
)
def create_job(
    checkpoint_id: str, body: JobCreate, user: CurrentUser, db: Db, bell: Bell, key: Key = None
) -> CheckpointJob:
    """Evaluate a checkpoint, export it, or try it on a prompt.

    The job is a run of that kind: stop, retry, delete, logs, timeline and live stream are those of runs.
    """
    job_id, new = create_once(
        db,
        user.key,
        key,
        request_hash(f"job {checkpoint_id}", body),
        lambda session: service.create(session, checkpoint_id, body, user.name),
    )
    with db.read() as session:
        job = service.read(session, job_id)
        queue = require_run(session, job_id).queue
    if new:
        bell.ring(queue)
    return job


@router.get("/runs/{run_id}/jobs", responses=problems(RunNotFound))
def list_jobs(
    run_id: str,
    db: Db,
    limit: Annotated[int, Query(ge=1, le=500, description="At most so many.")] = 200,
) -> list[JobSummary]:
    """The jobs on the run's checkpoints, newest first."""
    with db.read() as session:
        return service.jobs_of(session, run_id, limit)


@router.get("/jobs/{job_id}", responses=problems(JobNotFound))
def get_job(job_id: str, db: Db) -> CheckpointJob:
    """A job with what it found out."""
    with db.read() as session:
        return service.read(session, job_id)
