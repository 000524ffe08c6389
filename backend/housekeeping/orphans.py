"""Files in the artifact store that no checkpoint refers to.

A worker copies a checkpoint before the backend hears of it, and a row is deleted before its files, so a
crash leaves files behind. The store is listed first and the database asked afterwards: what an attempt
has put there by then belongs to a claim that is visible by then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ahora.status import RunStatus
from backend.checkpoints.store import Kept, Store
from backend.db import Database
from backend.db.models import Attempt, Checkpoint, Run


@dataclass(frozen=True)
class Orphan:
    """A folder that nothing needs."""

    path: str
    """Inside the store."""
    size: int
    """Bytes."""
    kind: Literal["unreferenced", "foreign"]
    """`foreign`: of an attempt this database does not know, such as another installation's."""


def find(db: Database, store: Store) -> list[Orphan]:
    """All of them, largest first. What an attempt may still report is none."""
    kept = store.kept()
    with db.read() as session:
        return sorted(_judge(session, kept), key=lambda orphan: (-orphan.size, orphan.path))


def _judge(session: Session, kept: Sequence[Kept]) -> Iterable[Orphan]:
    referenced = set(session.scalars(select(Checkpoint.path)))
    query = select(
        Attempt.run_id, Attempt.number, Attempt.status, Run.attempt_number, Run.status
    ).join(Run, Run.id == Attempt.run_id)
    may_report = {
        (run_id, number): _may_report(status, number == newest, run_status)
        for run_id, number, status, newest, run_status in session.execute(query)
    }
    for folder in kept:
        open_ = may_report.get((folder.run_id, folder.attempt))
        if folder.path in referenced or open_:
            continue
        kind: Literal["unreferenced", "foreign"] = "foreign" if open_ is None else "unreferenced"
        yield Orphan(folder.path, folder.size, kind)


def _may_report(status: str, is_newest: bool, run_status: RunStatus) -> bool:
    back = run_status in {RunStatus.LOST, RunStatus.QUEUED}
    return is_newest and (status == "active" or (status == "lost" and back))


def remove(store: Store, orphans: Iterable[Orphan]) -> int:
    """Delete them; returns the bytes that were freed."""
    freed = 0
    for orphan in orphans:
        store.remove(orphan.path)
        freed += orphan.size
    return freed
