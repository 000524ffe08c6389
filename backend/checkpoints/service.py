"""Checkpoints: accepted from attempts, listed, downloaded."""

from sqlalchemy.orm import Session

from ahora.events import CheckpointEvent
from ahora.schemas.monitoring import Checkpoint
from backend.checkpoints import repository
from backend.checkpoints.archive import Archive
from backend.checkpoints.paths import rejection
from backend.checkpoints.store import OpenFile, open_file
from backend.db.models import Checkpoint as CheckpointRow
from backend.errors import NotFound
from backend.events.superseded import NO_LIMIT, Limits
from backend.events.text import storable_json


class CheckpointNotFound(NotFound):
    """There is no such checkpoint."""


class CheckpointFileNotFound(NotFound):
    """The checkpoint has no such file."""


def accept(
    session: Session, run_id: str, attempt: int, event: CheckpointEvent, store: str
) -> str | None:
    """Make the checkpoint exist for the product; saving a step again replaces it.

    `store` is the identity of the store it lies in. Gives None, or why it was not accepted.
    """
    names = [file.path for file in event.files]
    reason = rejection(event.path, names, f"runs/{run_id}/attempt-{attempt}/")
    if reason is not None:
        return reason
    row = repository.of_step(session, run_id, attempt, event.step)
    if row is None:
        row = CheckpointRow(run_id=run_id, attempt=attempt, step=event.step)
        session.add(row)
    row.kind = event.kind
    row.path = event.path
    row.store = store
    row.size = min(sum(file.size for file in event.files), 2**53 - 1)
    row.files = storable_json([file.model_dump() for file in event.files])
    row.metrics = storable_json(event.metrics)
    row.best = event.best
    session.flush()
    return None


def remove(session: Session, run_id: str, attempt: int, step: int) -> None:
    """The attempt deleted its checkpoint of `step`; harmless when there is none."""
    row = repository.of_step(session, run_id, attempt, step)
    if row is not None:
        session.delete(row)
        session.flush()


def list_visible(session: Session, run_id: str, limits: Limits) -> list[Checkpoint]:
    """The run's checkpoints, newest first; those of superseded steps are hidden."""
    rows = [
        row
        for row in repository.of_run(session, run_id)
        if row.step <= limits.get(row.attempt, NO_LIMIT)
    ]
    best = next((row for row in rows if row.best), None)
    return [shown(row, best=row is best) for row in rows]


def require(session: Session, checkpoint_id: str) -> CheckpointRow:
    """A checkpoint of any run. Raises `CheckpointNotFound`."""
    row = session.get(CheckpointRow, checkpoint_id)
    if row is None:
        raise CheckpointNotFound(
            f"There is no checkpoint {checkpoint_id!r}: GET /api/v1/runs/RUN_ID/checkpoints lists "
            "those of a run."
        )
    return row


def find_file(session: Session, run_id: str, checkpoint_id: str, path: str) -> str:
    """Where the file lies in the store; only files the checkpoint lists can be named.

    Raises `CheckpointNotFound` and `CheckpointFileNotFound`.
    """
    row = _require(session, run_id, checkpoint_id)
    names = [file["path"] for file in row.files]
    if path not in names:
        raise CheckpointFileNotFound(
            f"The checkpoint has no file {path!r}; it has {', '.join(sorted(names)[:20])}."
        )
    return f"{row.path}/{path}"


def find_archive(session: Session, root: str, run_id: str, checkpoint_id: str) -> Archive:
    """All files of a checkpoint as one archive.

    Raises `CheckpointNotFound`, and `CheckpointFileNotFound` when the first file is gone.
    """
    row = _require(session, run_id, checkpoint_id)
    folder = f"{run_id}-step-{row.step:06d}"
    files = [(str(file["path"]), int(file["size"])) for file in row.files]
    for path, _ in files[:1]:
        open_stored(root, f"{row.path}/{path}").file.close()
    return Archive(root=root, base=row.path, folder=folder, files=files)


def _require(session: Session, run_id: str, checkpoint_id: str) -> CheckpointRow:
    row = repository.get(session, run_id, checkpoint_id)
    if row is None:
        raise CheckpointNotFound(
            f"The run has no checkpoint {checkpoint_id!r}: GET /api/v1/runs/{run_id}/checkpoints "
            "lists them."
        )
    return row


def open_stored(root: str, path: str) -> OpenFile:
    """Open a file of the store. Raises `CheckpointFileNotFound` when it is gone."""
    try:
        return open_file(root, path)
    except FileNotFoundError:
        raise CheckpointFileNotFound(
            "The file is no longer in the artifact store; its checkpoint may have been removed by "
            "save_total_limit."
        ) from None


def shown(row: CheckpointRow, *, best: bool = False) -> Checkpoint:
    """A checkpoint as the API shows it."""
    return Checkpoint.model_validate(
        {
            "id": row.id,
            "run_id": row.run_id,
            "attempt": row.attempt,
            "step": row.step,
            "kind": row.kind,
            "size": row.size,
            "files": row.files,
            "metrics": row.metrics,
            "best": best,
            "created_at": row.created_at,
        }
    )
