"""Datasets: JSONL files that people upload and runs train on."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ahora.schemas.base import Name, Request, Schema

MAX_DATASET_BYTES = 256 * 2**20
"""Largest file that is taken."""
FIRST_ROWS = 5

Column = Annotated[str, Field(min_length=1, max_length=200)]


class DatasetColumn(Schema):
    """A key that rows have."""

    name: str
    rows: int
    """How many rows have it."""
    kind: Literal["text", "number", "other", "mixed"]


class Dataset(Schema):
    """An uploaded JSONL file."""

    id: str
    name: str
    sha256: str
    """Of the file's bytes: what a configuration names it by, and what provenance records."""
    size: int
    """Bytes."""
    rows: int
    columns: list[DatasetColumn]
    prompt_column: str
    """Key of the question in each row."""
    answer_column: str
    """Key of the reference answer in each row."""
    created_by: str
    created_at: datetime
    runs: int
    """Runs that are not deleted and read it."""


class DatasetDetail(Dataset):
    """A dataset with its beginning."""

    first_rows: list[dict[str, Any]]


class DatasetUpdate(Request):
    """Fields of a dataset that may be edited; absent ones stay as they are. Every row is checked for new
    columns."""

    name: Name | None = None
    prompt_column: Column | None = None
    answer_column: Column | None = None
