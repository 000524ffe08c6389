"""Queries on datasets."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ahora.status import FINAL
from backend.db.models import Dataset, Run, RunDataset
from backend.errors import DatasetNotFound


def require(session: Session, dataset_id: str) -> Dataset:
    """The dataset with this id or hash. Raises `DatasetNotFound`."""
    found = session.get(Dataset, dataset_id) or with_hash(session, dataset_id)
    if found is None:
        raise DatasetNotFound(dataset_id)
    return found


def with_hash(session: Session, sha256: str) -> Dataset | None:
    """The dataset with this hash."""
    return session.scalars(select(Dataset).where(Dataset.sha256 == sha256)).one_or_none()


def newest(session: Session) -> Sequence[Dataset]:
    """All datasets, newest first."""
    return session.scalars(
        select(Dataset).order_by(Dataset.created_at.desc(), Dataset.id.desc())
    ).all()


def known(session: Session, hashes: Collection[str]) -> set[str]:
    """Those of `hashes` that are uploaded."""
    return set(session.scalars(select(Dataset.sha256).where(Dataset.sha256.in_(hashes))))


def readers(session: Session) -> dict[str, int]:
    """Hash to how many runs that are not deleted read it."""
    query = (
        select(RunDataset.sha256, func.count().label("count"))
        .join(Run, Run.id == RunDataset.run_id)
        .where(Run.deleted_at.is_(None))
        .group_by(RunDataset.sha256)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def waiting_readers(session: Session, sha256: str, most: int) -> Sequence[Run]:
    """Runs (jobs too, and deleted ones, which can come back) that have not ended and read it."""
    query = (
        select(Run)
        .join(RunDataset, RunDataset.run_id == Run.id)
        .where(RunDataset.sha256 == sha256, Run.status.not_in(FINAL))
        .order_by(Run.created_at)
    )
    return session.scalars(query.limit(most)).all()
