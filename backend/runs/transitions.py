"""Every change of a run's state goes through here.

Each is checked against `ahora.status`, made under the run's row lock, written to the timeline and
told to the live stream, in one transaction.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from ahora.status import ACTIVE, FINAL, Actor, RunStatus, may_change
from backend.db import utcnow
from backend.db.models import Run, StatusChange
from backend.errors import IllegalChange, RunNotFound
from backend.runs.journal import append_stream
from backend.workers.inputs import store_needed

_MEMORY = undefer(Run.rule_memory)


def lock_run(session: Session, run_id: str) -> Run:
    """The run, with its row locked until the transaction ends. Raises `RunNotFound`.

    Lock the run before writing anything that belongs to it (SQLite holds its one write lock anyway).
    """
    query = select(Run).where(Run.id == run_id).with_for_update().options(_MEMORY)
    run = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if run is None:
        raise RunNotFound(run_id)
    return run


def lock_runs(session: Session, run_ids: Collection[str]) -> dict[str, Run]:
    """Those of `run_ids` that exist, by id, locked as by `lock_run`, with their tags."""
    query = select(Run).where(Run.id.in_(run_ids)).order_by(Run.id).with_for_update()
    query = query.options(selectinload(Run.tag_rows)).execution_options(populate_existing=True)
    return {run.id: run for run in session.scalars(query)}


def change_status(
    session: Session,
    run: Run,
    target: RunStatus,
    *,
    actor: Actor,
    actor_name: str,
    reason: str = "",
) -> bool:
    """Take the locked `run` to `target`; False when it is there already.

    Raises `IllegalChange` when `ahora.status` does not let `actor` do it.
    """
    source = run.status
    if source == target:
        return False
    if not may_change(source, target, actor):
        raise IllegalChange(f"The run {run.name!r} is {source}: it cannot become {target} now.")
    now = utcnow()
    run.status, run.status_reason = target, reason
    if target == RunStatus.RUNNING and run.started_at is None:
        run.started_at = now
    run.finished_at = now if target in FINAL else None
    if target not in ACTIVE:
        run.phase, run.phase_message = "", ""
        run.desired, run.desired_reason = "continue", ""
    if target == RunStatus.QUEUED:
        run.worker, run.not_before = None, None
        run.needs_store = store_needed(session, run)
    record_change(session, run, source, actor=actor, actor_name=actor_name, reason=reason)
    return True


def set_start(run: Run, step: int) -> None:
    """The newest attempt of the locked `run` starts at `step`."""
    # about what it was then; the next points say it exactly
    run.elapsed = run.elapsed * min(1.0, step / run.step) if run.step else 0.0
    run.step, run.step_seconds = step, None


def record_change(
    session: Session,
    run: Run,
    source: RunStatus | None,
    *,
    actor: Actor,
    actor_name: str,
    reason: str = "",
) -> None:
    """Write the timeline's entry and the journal's for the state `run` is in now."""
    session.add(
        StatusChange(
            run_id=run.id,
            from_status=source,
            to_status=run.status,
            actor=actor,
            actor_name=actor_name,
            reason=reason,
            attempt=run.attempt_number or None,
        )
    )
    append_stream(session, run, "run")
