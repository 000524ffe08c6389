"""What users do to runs."""

from sqlalchemy.orm import Session

from ahora.config import RunConfig
from ahora.schemas.runs import RunClone, RunCreate, RunUpdate
from ahora.status import ACTIVE, Actor, RunStatus
from backend.db import utcnow
from backend.db.models import Run
from backend.errors import NotATrainingRun, PreconditionFailed, RunIsActive
from backend.pages import invalid_field
from backend.projects.repository import ensure_project
from backend.runs import repository
from backend.runs.journal import append_stream
from backend.runs.naming import automatic_name
from backend.runs.overrides import override
from backend.runs.transitions import change_status, lock_run, record_change
from backend.runs.views import can_stop, is_held


def create(session: Session, body: RunCreate, by: str) -> Run:
    """Store a run and queue it. Raises `Invalid` when its parent does not exist."""
    if body.parent_run_id is not None and session.get(Run, body.parent_run_id) is None:
        raise invalid_field(
            "parent_run_id",
            f"there is no run {body.parent_run_id!r}",
            "Give the id of the run the configuration started from, or leave it out.",
        )
    ensure_project(session, body.project)
    config = body.config
    run = Run(
        name=body.name or automatic_name(config),
        project=body.project,
        priority=body.priority,
        created_by=by,
        parent_run_id=body.parent_run_id,
        preset=body.preset,
        notes=body.notes,
        stream_seq=0,
        attempt_number=0,
        status=RunStatus.QUEUED,
        config=config.resolved(),
        **columns(config),
    )
    repository.set_tags(run, body.tags)
    session.add(run)
    session.flush()
    record_change(session, run, None, actor=Actor.USER, actor_name=by)
    return run


def columns(config: RunConfig) -> dict[str, object]:
    """Columns of a run that repeat parts of its configuration."""
    return {
        "algorithm": config.algorithm.name,
        "alpha": config.algorithm.alpha,
        "model": config.model.model_name_or_path,
        "data": config.data.kind,
        "seed": config.seed,
        "max_steps": config.max_steps,
        "queue": config.resources.queue,
        "labels": list(config.resources.labels),
        "min_memory_gb": config.resources.min_memory_gb,
        "max_attempts": config.resources.max_attempts,
        "schema_version": config.schema_version,
    }


def clone(session: Session, run_id: str, body: RunClone, by: str) -> Run:
    """A new run from the configuration of `run_id`; it keeps project, tags and priority.

    Raises `NotATrainingRun` for a job on a checkpoint.
    """
    source = repository.get_full(session, run_id)
    if source.kind != "train":
        raise NotATrainingRun(
            f"{source.name!r} is a job on a checkpoint: ask for it again with POST "
            "/api/v1/checkpoints/CHECKPOINT/jobs."
        )
    config = override(source.config, body.overrides)
    like = RunCreate(
        config=config,
        name=body.name,
        project=source.project,
        tags=[row.tag for row in source.tag_rows],
        priority=source.priority,
        preset=source.preset,
        parent_run_id=source.id,
    )
    return create(session, like, by)


def update(session: Session, run_id: str, body: RunUpdate, if_match: str | None) -> None:
    """Edit a run. Raises `PreconditionFailed` when `if_match` names another version."""
    run = lock_run(session, run_id)
    if if_match is not None and not _matches(if_match, run.version):
        raise PreconditionFailed(
            f"This run was edited in the meantime (now version {run.version}): read it again, then "
            "repeat your edit."
        )
    given = body.model_fields_set
    if body.name is not None:
        run.name = body.name
    if body.project is not None:
        ensure_project(session, body.project)
        run.project = body.project
    if body.notes is not None:
        run.notes = body.notes
    if body.priority is not None:
        run.priority = body.priority
    if body.tags is not None:
        session.refresh(run, ["tag_rows"])
        repository.set_tags(run, body.tags)
    if given:
        _edited(session, run)


def _matches(if_match: str, version: int) -> bool:
    tags = {part.strip().removeprefix("W/") for part in if_match.split(",")}
    return "*" in tags or f'"{version}"' in tags


def _edited(session: Session, run: Run) -> None:
    run.version += 1
    append_stream(session, run, "run")


def delete(session: Session, run_id: str) -> None:
    """Put a run into the bin; it can be restored."""
    run = lock_run(session, run_id)
    if run.deleted_at is not None:
        return
    if is_held(run):
        raise RunIsActive(f"The run {run.name!r} is {run.status}: stop it before deleting it.")
    run.deleted_at = utcnow()
    _edited(session, run)


def restore(session: Session, run_id: str) -> None:
    """Take a run out of the bin."""
    run = lock_run(session, run_id)
    if run.deleted_at is not None:
        run.deleted_at = None
        _edited(session, run)


def stop(session: Session, run_id: str, by: str, reason: str) -> None:
    """See that a run ends: at once when nobody works on it, else through its worker.

    Repeating it, or stopping what has ended, changes nothing.
    """
    run = lock_run(session, run_id)
    if not can_stop(run):
        return
    held = run.status in ACTIVE
    target = RunStatus.STOPPING if held else RunStatus.STOPPED
    reason = reason or f"Stopped by {by}."
    change_status(session, run, target, actor=Actor.USER, actor_name=by, reason=reason)
    if held:
        run.desired, run.desired_reason = "stop", reason
