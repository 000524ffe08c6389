"""Creating jobs on checkpoints, and taking what they found out."""

from pydantic import ValidationError
from sqlalchemy.orm import Session

from ahora.config import ExportSpec, RunConfig, job_config
from ahora.config.errors import FieldError, field_errors
from ahora.events import ResultEvent
from ahora.results import EvaluateResult
from ahora.schemas.jobs import CheckpointJob, JobCreate, JobSummary
from ahora.status import Actor, RunStatus
from backend.checkpoints import service as checkpoints
from backend.datasets import service as datasets
from backend.db.models import Job, Run
from backend.errors import Conflict, Invalid, NotATrainingRun, NotFound
from backend.events.text import storable_json
from backend.jobs import facts, repository, views
from backend.pages import invalid_field
from backend.runs.journal import append_stream
from backend.runs.repository import require_run
from backend.runs.service import columns
from backend.runs.transitions import lock_run, record_change
from backend.workers.inputs import stored
from backend.workers.waiting import Waiting

_PATHS = {"data": "spec.data", "rewards": "spec.rewards"}
_VERBS = {"evaluate": "Evaluate", "export": "Export", "sample": "Sample"}


class JobNotFound(NotFound):
    """There is no such job."""


class RunDeleted(Conflict):
    """The run is in the bin."""


def create(session: Session, checkpoint_id: str, body: JobCreate, by: str) -> Run:
    """Store a job and queue it.

    Raises `CheckpointNotFound`, `RunDeleted`, `NotATrainingRun`, and `Invalid` when the job does not fit
    the run.
    """
    row = checkpoints.require(session, checkpoint_id)
    parent = lock_run(session, row.run_id)
    if parent.kind != "train":
        raise NotATrainingRun(
            "This is an export, not a checkpoint of a training run: name the checkpoint it was made of."
        )
    if parent.deleted_at is not None:
        raise RunDeleted(f"The run {parent.name!r} is in the bin: restore it first.")
    if isinstance(body.spec, ExportSpec) and body.spec.what == "adapter" and row.kind != "adapter":
        raise invalid_field(
            "spec.what",
            "cannot be 'adapter': this run trains the whole model, not a LoRA adapter",
            "Use 'merged'.",
        )
    config = _config(session, parent, body)
    run = Run(
        kind=body.spec.kind,
        name=f"{_VERBS[body.spec.kind]} step {row.step} of {parent.name}"[:200],
        project=parent.project,
        priority=body.priority,
        created_by=by,
        parent_run_id=parent.id,
        notes="",
        stream_seq=0,
        attempt_number=0,
        status=RunStatus.QUEUED,
        from_checkpoint=stored(row).model_dump(mode="json"),
        needs_store=row.store,
        config=config.resolved(),
        **columns(config),
    )
    session.add(run)
    session.flush()
    datasets.tie(session, run, config)
    session.add(
        Job(
            id=run.id,
            checkpoint_id=row.id,
            step=row.step,
            spec=body.spec.model_dump(mode="json"),
            facts=facts.of(session, parent, row) if isinstance(body.spec, ExportSpec) else None,
            metrics={},
        )
    )
    record_change(session, run, None, actor=Actor.USER, actor_name=by)
    # who looks at the run is told that there is something new
    append_stream(session, parent, "job", {"run_id": parent.id, "job_id": run.id})
    return run


def _config(session: Session, parent: Run, body: JobCreate) -> RunConfig:
    session.refresh(parent, ["config"])
    try:
        return job_config(parent.config, body.spec)
    except ValidationError as error:
        errors = [
            FieldError(path=_spec_path(each.path), message=each.message, remedy=each.remedy)
            for each in field_errors(error)
        ]
        first = errors[0]
        raise Invalid(
            f"{first.path} does not fit: {first.message}. {first.remedy}", errors=errors
        ) from error


def _spec_path(path: str) -> str:
    section, _, rest = path.partition(".")
    if section in _PATHS:
        return f"{_PATHS[section]}.{rest}".rstrip(".")
    # the other fields stand in the spec itself
    return f"spec.{rest or section}"


def accept(session: Session, run: Run, event: ResultEvent) -> str | None:
    """Store what a job found out. Gives None, or why it was not accepted."""
    job = session.get(Job, run.id)
    if job is None or event.result.kind != run.kind:
        return f"a job of kind {run.kind} has no result of kind {event.result.kind}"
    job.result = storable_json(event.result.model_dump(mode="json"))
    if isinstance(event.result, EvaluateResult):
        job.metrics = storable_json(event.result.metrics)
    session.flush()
    return None


def jobs_of(session: Session, run_id: str, limit: int) -> list[JobSummary]:
    """The jobs on a run's checkpoints, newest first. Raises `RunNotFound`."""
    require_run(session, run_id)
    found = repository.of_run(session, run_id, limit)
    files = repository.exported(session, [job.id for _, job in found])
    waiting = Waiting(session)
    return [views.summary(run, job, files.get(job.id), waiting) for run, job in found]


def read(session: Session, job_id: str) -> CheckpointJob:
    """A job in full. Raises `JobNotFound`."""
    found = repository.get(session, job_id)
    if found is None:
        raise JobNotFound(
            f"There is no job {job_id!r}: GET /api/v1/runs/RUN/jobs lists those of a run."
        )
    run, job = found
    return views.full(
        run, job, repository.exported(session, [job.id]).get(job.id), Waiting(session)
    )
