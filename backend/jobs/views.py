"""Jobs as the API shows them."""

from typing import Any

from ahora.schemas.jobs import CheckpointJob, JobSummary
from backend.checkpoints.service import shown
from backend.db.models import Checkpoint, Job, Run
from backend.runs.views import actions
from backend.workers.waiting import Waiting

_ACTIONS = {"stop", "retry", "delete"}


def summary(run: Run, job: Job, files: Checkpoint | None, waiting: Waiting) -> JobSummary:
    """A job in a list; `files` are what it exported."""
    return JobSummary.model_validate(_fields(run, job, files, waiting))


def full(run: Run, job: Job, files: Checkpoint | None, waiting: Waiting) -> CheckpointJob:
    """A job with its result, which must be loaded."""
    return CheckpointJob.model_validate(_fields(run, job, files, waiting) | {"result": job.result})


def _fields(run: Run, job: Job, files: Checkpoint | None, waiting: Waiting) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "run_id": run.parent_run_id,
        "checkpoint_id": job.checkpoint_id,
        "step": job.step,
        "spec": job.spec,
        "status": run.status,
        "status_reason": run.status_reason,
        "waits_for": waiting.of(run),
        "phase": run.phase,
        "phase_message": run.phase_message,
        "worker": run.worker,
        "created_by": run.created_by,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "metrics": job.metrics,
        "files": None if files is None else shown(files),
        "actions": [action for action in actions(run) if action in _ACTIONS],
    }
