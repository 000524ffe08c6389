"""Rows of the database as the API shows them."""

from ahora.schemas import runs as schemas
from ahora.schemas.runs import Action
from ahora.status import ACTIVE, FINAL, Actor, RunStatus, may_change
from backend.db import utcnow
from backend.db.models import Attempt, Run, StatusChange
from backend.runs import timing
from backend.workers.inputs import begun_with
from backend.workers.waiting import Waiting

_ORIGIN = {"id", "run_id", "step"}


def summary(run: Run, waiting: Waiting) -> schemas.RunSummary:
    """A row of the run table; `tag_rows` must be loaded."""
    return schemas.RunSummary(
        id=run.id,
        kind=run.kind,
        name=run.name,
        project=run.project,
        status=run.status,
        status_reason=run.status_reason,
        phase=run.phase,
        phase_message=run.phase_message,
        step=run.step,
        max_steps=run.max_steps,
        algorithm=run.algorithm,
        alpha=run.alpha,
        model=run.model,
        data=run.data,
        seed=run.seed,
        tags=[row.tag for row in run.tag_rows],
        priority=run.priority,
        created_by=run.created_by,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        last_event_at=run.last_event_at,
        eta_seconds=eta_seconds(run),
        last_reward=run.last_reward,
        last_pass_at_1=run.last_pass_at_1,
        alerts=run.alerts,
        worker=run.worker,
        waits_for=waiting.of(run),
        parent_run_id=run.parent_run_id,
        experiment_id=run.experiment_id,
        deleted_at=run.deleted_at,
        actions=actions(run),
    )


def full(run: Run, waiting: Waiting) -> schemas.Run:
    """A run in full, as `repository.get_full` loads it."""
    now = utcnow()
    waits = timing.waits(run.changes, now)
    begun = begun_with(run)
    return schemas.Run(
        **summary(run, waiting).model_dump(),
        config=run.config,
        schema_version=run.schema_version,
        notes=run.notes,
        preset=run.preset,
        queue=run.queue,
        from_checkpoint=None if begun is None else begun.model_dump(include=_ORIGIN),
        due_at=run.not_before if run.status == RunStatus.QUEUED else None,
        attempts=[
            attempt(run, row, waits.get(row.number, 0.0), timing.run_seconds(row, now))
            for row in run.attempts
        ],
        timing=timing.timing(run.changes, run.attempts, now),
        version=run.version,
    )


def attempt(run: Run, row: Attempt, queue_seconds: float, run_seconds: float) -> schemas.Attempt:
    """One try at a run."""
    launched = {"launched_by": run.created_by}
    return schemas.Attempt.model_validate(
        {
            "id": row.id,
            "number": row.number,
            "status": row.status,
            "reason": row.reason,
            "error_type": row.error_type,
            "worker": row.worker,
            "host": row.host,
            "device": row.device,
            "claimed_at": row.claimed_at,
            "finished_at": row.finished_at,
            "queue_seconds": queue_seconds,
            "run_seconds": run_seconds,
            "start_step": row.start_step,
            "provenance": None if row.provenance is None else row.provenance | launched,
        }
    )


def change(row: StatusChange) -> schemas.StatusChange:
    """An entry of the timeline."""
    return schemas.StatusChange(
        time=row.time,
        from_status=row.from_status,
        to_status=row.to_status,
        actor=row.actor,
        actor_name=row.actor_name,
        reason=row.reason,
        attempt=row.attempt,
    )


def eta_seconds(run: Run) -> float | None:
    """Steps left times the measured step time; None while there is none."""
    if run.status != RunStatus.RUNNING or run.step_seconds is None:
        return None
    return max(0, run.max_steps - run.step) * run.step_seconds


def can_stop(run: Run) -> bool:
    """Whether a stop would change anything."""
    return run.status not in FINAL and run.status != RunStatus.STOPPING


def is_held(run: Run) -> bool:
    """Whether an attempt works on it, or may come back to it."""
    return run.status in ACTIVE or run.status == RunStatus.LOST


def can_pause(run: Run) -> bool:
    """Whether a pause would change anything; a job on a checkpoint has nothing to go on from."""
    targets = (RunStatus.PAUSING, RunStatus.PAUSED)
    return run.kind == "train" and any(
        may_change(run.status, target, Actor.USER) for target in targets
    )


def actions(run: Run) -> list[Action]:
    """What a user may do to it now."""
    again: list[Action] = ["clone"] if run.kind == "train" else []
    if run.deleted_at is not None:
        return [*again, "restore"]
    found: list[Action] = ["pause"] if can_pause(run) else []
    if may_change(run.status, RunStatus.QUEUED, Actor.USER):
        found.append("resume" if run.status == RunStatus.PAUSED else "retry")
    if can_stop(run):
        found.append("stop")
    found += again
    if not is_held(run):
        found.append("delete")
    return found
