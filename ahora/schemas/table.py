"""The run table: rows with chosen columns, groups, what is done to many runs, saved views."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ahora.schemas.base import Name, Request, Schema, Slug, Tag
from ahora.schemas.runs import RunSummary
from ahora.status import RunStatus

Value = float | bool | str | None
"""Of a column; lists are JSON text, times ISO texts."""

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=250)]


class RunRow(RunSummary):
    """A row of the run table with the columns that were asked for."""

    values: dict[str, Value] = Field(default_factory=dict)
    """Column to value; what the run has no value of is left out."""


class RunColumn(Schema):
    """A column that runs have values of."""

    name: str
    """As `column`, `sort`, `where` and `by` take it."""
    source: Literal["run", "config", "metric"]
    kind: Literal["text", "number", "boolean", "time", "status"]
    label: str
    """Short, for a heading."""
    description: str
    unit: str


class ValueCount(Schema):
    """A value and how many runs have it."""

    value: Value
    runs: int


class ColumnValues(Schema):
    """What runs have in a column."""

    values: list[ValueCount]
    """The most frequent ones; empty for metrics."""
    low: float | None
    high: float | None
    """Smallest and largest number."""


class ColumnSpread(Schema):
    """A column over the runs of a group that have a number there."""

    count: int
    mean: float | None
    std: float | None
    """Sample standard deviation; null below two runs."""
    half_width: float | None
    """Of the 95 % t-interval of the mean; null below two runs."""
    min: float | None
    max: float | None


class TableGroup(Schema):
    """Runs that have the same values in the columns grouped by."""

    key: dict[str, Value]
    """Column to the value that all of them have; null for none."""
    where: list[str]
    """Conditions that only these runs fulfil, for `GET /runs`."""
    count: int
    seeds: int
    """How many different seeds they have."""
    statuses: dict[RunStatus, int]
    values: dict[str, ColumnSpread]
    example: RunSummary
    """One of them."""


class TableGroups(Schema):
    """The groups, in the order asked for."""

    items: list[TableGroup]
    total: int
    """How many groups there are in all."""
    runs: int
    """How many runs match."""


class RunIds(Schema):
    """Runs that match, in order."""

    ids: list[str]
    total: int


BulkAction = Literal["stop", "pause", "resume", "retry", "delete", "restore", "tag"]


class BulkRequest(Request):
    """One thing to do to many runs."""

    runs: list[Annotated[str, StringConstraints(max_length=100)]] = Field(
        min_length=1, max_length=1000
    )
    action: BulkAction
    add: list[Tag] = Field(default_factory=list, max_length=50)
    """Tags that `tag` gives them."""
    remove: list[Tag] = Field(default_factory=list, max_length=50)
    """Tags that `tag` takes from them."""
    reason: str = Field(default="", max_length=1000)
    """Why; shown in the timelines."""
    dry_run: bool = False
    """Say what would happen, and change nothing."""


class BulkResult(Schema):
    """What became of one of the runs."""

    run_id: str
    name: str
    """Empty when there is no such run."""
    outcome: Literal["done", "unchanged", "refused"]
    detail: str
    """Why it was refused, or the state the run is in now."""


class BulkAnswer(Schema):
    """One result a run, in the order of the request."""

    results: list[BulkResult]
    done: int
    unchanged: int
    refused: int


class TableExport(Request):
    """Rows to be written to a file."""

    runs: list[Annotated[str, StringConstraints(max_length=100)]] = Field(
        min_length=1, max_length=10_000
    )
    columns: list[ColumnName] = Field(default_factory=list, max_length=200)
    """Besides id, name, project, status and tags."""
    format: Literal["csv", "json"] = "csv"


ViewQuery = Annotated[str, StringConstraints(max_length=8000)]


class SavedViewCreate(Request):
    """A view of the run table under a name."""

    project: Slug = "default"
    """Whose members are shown it."""
    name: Name = Field(max_length=100)
    query: ViewQuery
    """Query string of the page, without the question mark: what a link to the view holds."""


class SavedViewUpdate(Request):
    """Another name, or another view under the same name."""

    name: Name | None = Field(default=None, max_length=100)
    query: ViewQuery | None = None


class SavedView(Schema):
    """A named view of the run table."""

    id: str
    project: str
    name: str
    query: str
    owner: str
    """Who saved it first."""
    created_at: datetime
    updated_at: datetime
