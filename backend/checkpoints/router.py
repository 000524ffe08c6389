"""Routes of checkpoints."""

from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from ahora.schemas.monitoring import Checkpoint
from ahora.schemas.runs import CheckpointRun, Run
from backend.auth.principal import CurrentUser
from backend.checkpoints import service
from backend.checkpoints.service import CheckpointFileNotFound, CheckpointNotFound
from backend.dependencies import AppSettings, Bell, Db
from backend.errors import IdempotencyKeyReused, NotATrainingRun, RunNotFound, problems
from backend.events.superseded import valid_steps
from backend.runs import service as runs
from backend.runs import views
from backend.runs.idempotency import Key, create_once, request_hash
from backend.runs.repository import get_full, require_run
from backend.workers.waiting import Waiting

router = APIRouter(tags=["monitoring"])


@router.get("/runs/{run_id}/checkpoints", responses=problems(RunNotFound))
def list_checkpoints(run_id: str, db: Db) -> list[Checkpoint]:
    """The run's checkpoints, newest first."""
    with db.read() as session:
        require_run(session, run_id)
        return service.list_visible(session, run_id, valid_steps(session, [run_id])[run_id])


@router.get(
    "/runs/{run_id}/checkpoints/{checkpoint_id}/archive",
    response_class=StreamingResponse,
    responses=problems(CheckpointNotFound, CheckpointFileNotFound)
    | {200: {"content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}}}},
)
def download_checkpoint_archive(
    run_id: str, checkpoint_id: str, db: Db, settings: AppSettings
) -> StreamingResponse:
    """All files of a checkpoint or an export as one tar archive."""
    with db.read() as session:
        archive = service.find_archive(session, settings.artifacts, run_id, checkpoint_id)
    return StreamingResponse(
        archive.blocks(),
        media_type="application/x-tar",
        headers={
            "Content-Length": str(archive.size),
            "Content-Disposition": f'attachment; filename="{archive.folder}.tar"',
            "Content-Encoding": "identity",  # weights do not compress
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get(
    "/runs/{run_id}/checkpoints/{checkpoint_id}/files/{path:path}",
    response_class=StreamingResponse,
    responses=problems(CheckpointNotFound, CheckpointFileNotFound)
    | {
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            }
        }
    },
)
def download_checkpoint_file(
    run_id: str, checkpoint_id: str, path: str, db: Db, settings: AppSettings
) -> StreamingResponse:
    """A file of a checkpoint."""
    with db.read() as session:
        stored = service.find_file(session, run_id, checkpoint_id, path)
    opened = service.open_stored(settings.artifacts, stored)
    name = quote(PurePosixPath(path).name, safe="")
    return StreamingResponse(
        opened.blocks(),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(opened.size),
            "Content-Disposition": f"attachment; filename*=utf-8''{name}",
            "Content-Encoding": "identity",  # weights do not compress
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.post(
    "/checkpoints/{checkpoint_id}/runs",
    status_code=201,
    responses=problems(CheckpointNotFound, NotATrainingRun, IdempotencyKeyReused),
)
def create_run_from_checkpoint(
    checkpoint_id: str,
    body: CheckpointRun,
    user: CurrentUser,
    db: Db,
    bell: Bell,
    key: Key = None,
) -> Run:
    """A new run that begins with this checkpoint's weights, at step 0, with changes to its run's
    configuration."""
    run_id, new = create_once(
        db,
        user.key,
        key,
        request_hash(f"checkpoint {checkpoint_id}", body),
        lambda session: runs.from_checkpoint(session, checkpoint_id, body, user.name),
    )
    with db.read() as session:
        run = views.full(get_full(session, run_id), Waiting(session))
    if new:
        bell.ring(run.queue)
    return run
