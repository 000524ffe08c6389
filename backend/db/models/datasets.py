"""Uploaded datasets."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base
from backend.db.types import RowNumber, new_id, utcnow


class Dataset(Base):
    """A JSONL file; the file itself lies under the hash of its bytes (`backend.datasets.files`)."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(RowNumber)
    rows: Mapped[int]
    columns: Mapped[list[dict[str, Any]]]
    """`ahora.schemas.datasets.DatasetColumn`."""
    first_rows: Mapped[list[dict[str, Any]]]
    prompt_column: Mapped[str] = mapped_column(String(200))
    answer_column: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class RunDataset(Base):
    """A dataset that a run reads."""

    __tablename__ = "run_datasets"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
