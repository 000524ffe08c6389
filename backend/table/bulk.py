"""One thing done to many runs, each for itself: what one refuses does not keep the others."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.orm import Session

from ahora.schemas.runs import RetryRequest
from ahora.schemas.table import BulkAnswer, BulkRequest, BulkResult
from ahora.status import RunStatus
from backend.db import Database
from backend.db.models import Run
from backend.errors import ApiError, RunNotFound
from backend.queue import Doorbell
from backend.runs import control, service
from backend.runs.transitions import lock_run, lock_runs

BATCH = 100
"""Runs in a transaction, so that workers are not kept waiting for SQLite's write lock."""

EDITS = ("tag", "delete", "restore")


def carry_out(db: Database, bell: Doorbell, body: BulkRequest, by: str) -> BulkAnswer:
    """Do what is asked to each run; with `dry_run` only say what would happen."""
    # all lock in this order, so that no two requests wait for each other's runs
    ids = sorted(set(body.runs))
    found: dict[str, BulkResult] = {}
    queues: set[str] = set()
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with db.write() as session:
            if body.action in EDITS:
                results = _edit(session, batch, body, queues)
            else:
                results = [_control(session, run_id, body, by, queues) for run_id in batch]
        found |= {result.run_id: result for result in results}
    for queue in queues:
        bell.ring(queue)
    answered = [found[run_id] for run_id in dict.fromkeys(body.runs)]
    count = [result.outcome for result in answered].count
    return BulkAnswer(
        results=answered, done=count("done"), unchanged=count("unchanged"), refused=count("refused")
    )


def _edit(
    session: Session, ids: Sequence[str], body: BulkRequest, queues: set[str]
) -> list[BulkResult]:
    """What refuses before it changes anything: all runs are read at once, and written at once."""
    trial = session.begin_nested()
    runs = lock_runs(session, ids)

    def find(run_id: str) -> Run:
        if run_id not in runs:
            raise RunNotFound(run_id)
        return runs[run_id]

    results = [_result(run_id, find, lambda run: _change(session, run, body)) for run_id in ids]
    if body.dry_run:
        trial.rollback()
        return results
    if body.action == "restore":
        queues |= {run.queue for run in runs.values() if run.status == RunStatus.QUEUED}
    trial.commit()
    return results


def _change(session: Session, run: Run, body: BulkRequest) -> None:
    if body.action == "tag":
        service.change_tags(session, run, body.add, body.remove)
    elif body.action == "delete":
        service.delete(session, run)
    else:
        service.restore(session, run)


def _control(
    session: Session, run_id: str, body: BulkRequest, by: str, queues: set[str]
) -> BulkResult:
    """What may refuse midway, and is undone then."""
    trial = session.begin_nested()

    def act(run: Run) -> None:
        _controls(session, run, body, by)[body.action]()
        session.flush()
        if run.status == RunStatus.QUEUED and not body.dry_run:
            queues.add(run.queue)

    result = _result(run_id, partial(lock_run, session), act)
    if result.outcome == "refused" or body.dry_run:
        trial.rollback()
    else:
        trial.commit()
    return result


def _controls(
    session: Session, run: Run, body: BulkRequest, by: str
) -> dict[str, Callable[[], None]]:
    return {
        "stop": lambda: control.stop(session, run.id, by, body.reason),
        "pause": lambda: control.pause(session, run.id, by, body.reason),
        "resume": lambda: control.resume(session, run.id, by, body.reason),
        "retry": lambda: control.retry(session, run.id, by, RetryRequest(reason=body.reason)),
    }


def _result(run_id: str, find: Callable[[str], Run], act: Callable[[Run], None]) -> BulkResult:
    """What becomes of the run that `find` locks."""
    name = ""
    try:
        run = find(run_id)
        name, before = run.name, run.stream_seq
        act(run)
    except ApiError as error:
        return BulkResult(run_id=run_id, name=name, outcome="refused", detail=error.detail)
    changed = run.stream_seq != before  # whatever changes a run is told in its journal
    return BulkResult(
        run_id=run_id,
        name=name,
        outcome="done" if changed else "unchanged",
        detail="deleted" if run.deleted_at is not None else str(run.status),
    )
