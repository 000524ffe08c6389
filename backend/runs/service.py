"""What users do to runs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from ahora.config import RunConfig
from ahora.naming import automatic_name
from ahora.schemas.runs import CheckpointRun, RunClone, RunCreate, RunUpdate
from ahora.status import Actor, RunStatus
from backend.checkpoints import service as checkpoints
from backend.datasets import service as datasets
from backend.db import utcnow
from backend.db.models import Run
from backend.errors import Conflict, NotATrainingRun, PreconditionFailed, RunIsActive
from backend.pages import invalid_field
from backend.projects.repository import ensure_project
from backend.runs import repository
from backend.runs.fields import store_fields
from backend.runs.journal import append_stream
from backend.runs.method import config_hash, method_hash
from backend.runs.overrides import override
from backend.runs.transitions import lock_run, record_change
from backend.runs.views import is_held
from backend.workers import inputs

MOST_TAGS = 50


def create(session: Session, body: RunCreate, by: str) -> Run:
    """Store a run and queue it. Raises `Invalid` when its parent or an uploaded dataset does not exist."""
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
    datasets.tie(session, run, config)
    run.config_hash = config_hash(run.config)
    store_fields(session, run.config_hash, run.config)
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
        "method": method_hash(config.resolved()),
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


def from_checkpoint(session: Session, checkpoint_id: str, body: CheckpointRun, by: str) -> Run:
    """A new run that begins with the weights of a checkpoint, its configuration that of the
    checkpoint's run with changes.

    Raises `CheckpointNotFound`, `NotATrainingRun`, and `Invalid` for a model that the weights would not fit.
    """
    row = checkpoints.require(session, checkpoint_id)
    source = repository.get_full(session, row.run_id)
    if source.kind != "train":
        raise NotATrainingRun(
            "This is an export, not a checkpoint of a training run: name the checkpoint it was made of."
        )
    config = override(source.config, body.overrides)
    _check_same_model(source.config["model"], config.resolved()["model"])
    like = RunCreate(
        config=config,
        name=body.name,
        project=source.project,
        tags=[tag.tag for tag in source.tag_rows],
        priority=source.priority if body.priority is None else body.priority,
        preset=source.preset,
        parent_run_id=source.id,
    )
    run = create(session, like, by)
    run.from_checkpoint = inputs.stored(row).model_dump(mode="json")
    run.needs_store = row.store
    return run


_MAY_DIFFER = {"dtype", "lora_dropout", "gradient_checkpointing"}


def _check_same_model(before: dict[str, Any], now: dict[str, Any]) -> None:
    changed = [name for name in now if now[name] != before.get(name) and name not in _MAY_DIFFER]
    if changed:
        raise invalid_field(
            f"model.{changed[0]}",
            f"cannot be {now[changed[0]]!r}: the checkpoint's weights are of "
            f"{before.get(changed[0])!r}",
            "Leave it as it is, or launch a run that begins with the configured model.",
        )


def update(session: Session, run_id: str, body: RunUpdate, if_match: str | None, by: str) -> None:
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
    if body.priority is not None and body.priority != run.priority:
        reason = f"Priority {run.priority} -> {body.priority}."
        run.priority = body.priority
        record_change(session, run, run.status, actor=Actor.USER, actor_name=by, reason=reason)
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


def delete(session: Session, run: Run) -> None:
    """Put a locked run into the bin; it can be restored. Raises `RunIsActive`."""
    if run.deleted_at is not None:
        return
    if is_held(run):
        raise RunIsActive(f"The run {run.name!r} is {run.status}: stop it before deleting it.")
    run.deleted_at = utcnow()
    _edited(session, run)


def restore(session: Session, run: Run) -> None:
    """Take a locked run out of the bin."""
    if run.deleted_at is not None:
        run.deleted_at = None
        _edited(session, run)


def change_tags(session: Session, run: Run, add: Sequence[str], remove: Sequence[str]) -> None:
    """Change the tags of a run that is locked and has them loaded. Raises `Conflict` for too many."""
    before = [row.tag for row in run.tag_rows]
    after = list(dict.fromkeys([*(tag for tag in before if tag not in remove), *add]))
    if len(after) > MOST_TAGS:
        raise Conflict(
            f"The run {run.name!r} would have {len(after)} tags: {MOST_TAGS} are allowed."
        )
    if after != before:
        repository.set_tags(run, after)
        _edited(session, run)
