"""One thing done to many runs, each for itself: what one refuses does not keep the others."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from ahora.schemas.runs import RetryRequest, RunUpdate
from ahora.schemas.table import BulkAnswer, BulkRequest, BulkResult
from ahora.status import RunStatus
from backend.db import Database
from backend.db.models import Run
from backend.errors import ApiError, Conflict
from backend.queue import Doorbell
from backend.runs import control, service
from backend.runs.transitions import lock_run

BATCH = 100
"""Runs in a transaction, so that workers are not kept waiting for SQLite's write lock."""

MOST_TAGS = 50


def carry_out(db: Database, bell: Doorbell, body: BulkRequest, by: str) -> BulkAnswer:
    """Do what is asked to each run; with `dry_run` only say what would happen."""
    ids = list(dict.fromkeys(body.runs))
    results: list[BulkResult] = []
    queues: set[str] = set()
    for start in range(0, len(ids), BATCH):
        with db.write() as session:
            results += [
                _one(session, run_id, body, by, queues) for run_id in ids[start : start + BATCH]
            ]
    for queue in queues:
        bell.ring(queue)
    count = [result.outcome for result in results].count
    return BulkAnswer(
        results=results, done=count("done"), unchanged=count("unchanged"), refused=count("refused")
    )


def _one(session: Session, run_id: str, body: BulkRequest, by: str, queues: set[str]) -> BulkResult:
    name = ""
    trial = session.begin_nested()
    try:
        run = lock_run(session, run_id)
        name, before = run.name, run.stream_seq
        _action(session, run, body, by)()
        session.flush()
        changed = run.stream_seq != before  # whatever changes a run is told in its journal
        state = "deleted" if run.deleted_at is not None else str(run.status)
        if body.dry_run:
            trial.rollback()
        else:
            trial.commit()
            if changed and run.status == RunStatus.QUEUED:
                queues.add(run.queue)
        return BulkResult(
            run_id=run_id, name=name, outcome="done" if changed else "unchanged", detail=state
        )
    except ApiError as error:
        trial.rollback()
        return BulkResult(run_id=run_id, name=name, outcome="refused", detail=error.detail)


def _action(session: Session, run: Run, body: BulkRequest, by: str) -> Callable[[], None]:
    actions: dict[str, Callable[[], None]] = {
        "stop": lambda: control.stop(session, run.id, by, body.reason),
        "pause": lambda: control.pause(session, run.id, by, body.reason),
        "resume": lambda: control.resume(session, run.id, by, body.reason),
        "retry": lambda: control.retry(session, run.id, by, RetryRequest(reason=body.reason)),
        "delete": lambda: service.delete(session, run.id),
        "restore": lambda: service.restore(session, run.id),
        "tag": lambda: _tag(session, run, body.add, body.remove, by),
    }
    return actions[body.action]


def _tag(session: Session, run: Run, add: Sequence[str], remove: Sequence[str], by: str) -> None:
    session.refresh(run, ["tag_rows"])
    before = [row.tag for row in run.tag_rows]
    kept = [tag for tag in before if tag not in remove]
    after = list(dict.fromkeys([*kept, *add]))
    if len(after) > MOST_TAGS:
        raise Conflict(
            f"The run {run.name!r} would have {len(after)} tags: {MOST_TAGS} are allowed."
        )
    if after != before:
        service.update(session, run.id, RunUpdate(tags=after), None, by)
