"""Routes of datasets."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from ahora.schemas.base import Name
from ahora.schemas.datasets import Column, Dataset, DatasetDetail, DatasetUpdate
from backend.auth.principal import CurrentUser
from backend.datasets import repository, service
from backend.datasets.files import Contents, Upload, path_of
from backend.db import Database
from backend.dependencies import AppSettings, Db
from backend.errors import BodyTooLarge, DatasetInUse, DatasetNotFound, Invalid, problems
from backend.settings import Settings

router = APIRouter(prefix="/datasets", tags=["datasets"])
worker_router = APIRouter(prefix="/worker/datasets", tags=["worker"])

_JSONL = {"schema": {"type": "string", "format": "binary"}}
_BODY = {"requestBody": {"required": True, "content": {"application/x-ndjson": _JSONL}}}
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": _JSONL}}}
_MISSING = problems(DatasetNotFound)
BLOCK = 1024 * 1024


@router.get("")
def list_datasets(db: Db) -> list[Dataset]:
    """All datasets, newest first."""
    with db.read() as session:
        runs = repository.readers(session)
        return [service.view(each, runs.get(each.sha256, 0)) for each in repository.newest(session)]


@router.post("", status_code=201, responses=problems(BodyTooLarge, Invalid), openapi_extra=_BODY)
async def upload_dataset(
    request: Request,
    user: CurrentUser,
    db: Db,
    settings: AppSettings,
    name: Annotated[Name, Query(description="Shown in lists.")],
    prompt_column: Annotated[
        Column | None,
        Query(description="Key of the question; without it a usual name is looked for."),
    ] = None,
    answer_column: Annotated[
        Column | None, Query(description="Key of the reference answer; likewise.")
    ] = None,
) -> DatasetDetail:
    """Store a JSONL file, the body, after every line was checked. A file that is there already is
    answered as it is, under its first name."""
    upload = Upload(folder_of(settings))
    try:
        held = bytearray()
        async for block in request.stream():
            held += block
            if len(held) >= BLOCK:
                await to_thread.run_sync(upload.write, bytes(held))
                held.clear()
        await to_thread.run_sync(upload.write, bytes(held))
        check = partial(
            _check_and_store, upload, db, name, (prompt_column, answer_column), user.name
        )
        return await to_thread.run_sync(check)
    finally:
        upload.discard()


def _check_and_store(
    upload: Upload, db: Database, name: str, columns: tuple[str | None, str | None], by: str
) -> DatasetDetail:
    sha256 = upload.finish()
    contents = Contents(upload.path, *columns)
    with db.write() as session:
        # the file first: a row without its file would fail the runs that read it
        upload.keep(sha256)
        dataset = service.store(session, sha256, upload.size, name, contents, by)
        return service.detail(dataset, repository.readers(session).get(sha256, 0))


@router.get("/{dataset_id}", responses=_MISSING)
def get_dataset(dataset_id: str, db: Db) -> DatasetDetail:
    """A dataset, by id or hash, with its first rows."""
    with db.read() as session:
        dataset = repository.require(session, dataset_id)
        return service.detail(dataset, repository.readers(session).get(dataset.sha256, 0))


@router.patch("/{dataset_id}", responses=_MISSING | problems(Invalid))
def update_dataset(
    dataset_id: str, body: DatasetUpdate, db: Db, settings: AppSettings
) -> DatasetDetail:
    """Edit the name or the columns; every row is checked for new columns."""
    with db.write() as session:
        dataset = service.update(session, dataset_id, body, folder_of(settings))
        return service.detail(dataset, repository.readers(session).get(dataset.sha256, 0))


@router.delete("/{dataset_id}", status_code=204, responses=_MISSING | problems(DatasetInUse))
def delete_dataset(dataset_id: str, db: Db, settings: AppSettings) -> None:
    """Delete a dataset and its file, unless a run that has not ended reads it."""
    with db.write() as session:
        sha256 = service.delete(session, dataset_id)
        # within the transaction: nobody uploads the same file again in between
        path_of(folder_of(settings), sha256).unlink(missing_ok=True)


@router.get("/{dataset_id}/file", response_class=FileResponse, responses=_MISSING | _FILE)
def download_dataset(dataset_id: str, db: Db, settings: AppSettings) -> FileResponse:
    """The file as it was uploaded."""
    return _file(db, settings, dataset_id)


@worker_router.get("/{sha256}", response_class=FileResponse, responses=_MISSING | _FILE)
def fetch_dataset(sha256: str, db: Db, settings: AppSettings) -> FileResponse:
    """The file with this hash: a worker fetches it before a run that reads it."""
    return _file(db, settings, sha256)


def _file(db: Database, settings: Settings, reference: str) -> FileResponse:
    with db.read() as session:
        sha256 = repository.require(session, reference).sha256
    path = path_of(folder_of(settings), sha256)
    if not path.is_file():
        raise DatasetNotFound(reference)
    return FileResponse(path, media_type="application/x-ndjson", filename=f"{sha256[:12]}.jsonl")


def folder_of(settings: Settings) -> Path:
    """Where the files lie."""
    return settings.home / "datasets"
