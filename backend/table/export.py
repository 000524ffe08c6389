"""Rows of the run table as CSV or JSON, read and written in blocks."""

import csv as csv_module
import io
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter

from backend.db import Database
from backend.export.table import cell
from backend.runs import repository
from backend.table import listing
from backend.table.columns import Column

BLOCK = 500
FIXED = ("id", "name", "project", "status", "tags")

_ROW = TypeAdapter(dict[str, Any], config={"ser_json_inf_nan": "strings"})


def csv(db: Database, run_ids: Sequence[str], columns: Sequence[Column]) -> Iterator[str]:
    """A heading and a line a run, in the order asked for."""
    names = [*FIXED, *(column.name for column in columns if column.name not in FIXED)]
    yield _line([cell(name) for name in names])
    for row in _rows(db, run_ids, columns):
        tags = " ".join(row["tags"])
        yield _line([cell(value) for value in (row | {"tags": tags}).values()])


def json(db: Database, run_ids: Sequence[str], columns: Sequence[Column]) -> Iterator[str]:
    """A list of objects, in the order asked for."""
    yield "["
    for place, row in enumerate(_rows(db, run_ids, columns)):
        yield (",\n" if place else "\n") + _ROW.dump_json(row).decode()
    yield "\n]\n"


def _rows(
    db: Database, run_ids: Sequence[str], columns: Sequence[Column]
) -> Iterator[dict[str, Any]]:
    names = [column.name for column in columns if column.name not in FIXED]
    ids = list(dict.fromkeys(run_ids))
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        # a short transaction a block: a slow download holds no connection
        with db.read() as session:
            runs = {run.id: run for run in repository.with_tags(session, block)}
            values = listing.values(session, list(runs.values()), columns)
        for run_id in block:
            run = runs.get(run_id)
            if run is None:
                continue
            yield {
                "id": run.id,
                "name": run.name,
                "project": run.project,
                "status": str(run.status),
                "tags": [row.tag for row in run.tag_rows],
                **{name: values[run_id].get(name) for name in names},
            }


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv_module.writer(buffer).writerow(cells)
    return buffer.getvalue()
