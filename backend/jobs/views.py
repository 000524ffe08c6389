"""Jobs as the API shows them."""

from collections.abc import Sequence
from typing import Any

from ahora.schemas.jobs import CheckpointJob, JobSummary
from ahora.status import RunStatus
from backend.checkpoints.service import shown
from backend.db.models import Checkpoint, Job, Run, Worker
from backend.runs.views import can_stop, is_held
from backend.workers import fit


def summary(run: Run, job: Job, files: Checkpoint | None, online: Sequence[Worker]) -> JobSummary:
    """A job in a list; `files` are what it exported, `online` the workers that are there."""
    return JobSummary.model_validate(_fields(run, job, files, online))


def full(run: Run, job: Job, files: Checkpoint | None, online: Sequence[Worker]) -> CheckpointJob:
    """A job with its result, which must be loaded."""
    return CheckpointJob.model_validate(_fields(run, job, files, online) | {"result": job.result})


def _fields(
    run: Run, job: Job, files: Checkpoint | None, online: Sequence[Worker]
) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "run_id": run.parent_run_id,
        "checkpoint_id": job.checkpoint_id,
        "step": job.step,
        "spec": job.spec,
        "status": run.status,
        "status_reason": run.status_reason,
        "waits_for": _waits_for(run, online),
        "phase": run.phase,
        "phase_message": run.phase_message,
        "worker": run.worker,
        "created_by": run.created_by,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "metrics": job.metrics,
        "files": None if files is None else shown(files),
        "actions": _actions(run),
    }


def _waits_for(run: Run, online: Sequence[Worker]) -> str | None:
    if run.status != RunStatus.QUEUED:
        return None
    needs = fit.Needs(run.queue, run.labels, run.min_memory_gb)
    return fit.why_none_fits(needs, online) or f"It waits for a free slot of the queue {run.queue}."


def _actions(run: Run) -> list[str]:
    found = ["stop"] if can_stop(run) else []
    return found if is_held(run) else [*found, "delete"]
