"""A run as one CSV table that a spreadsheet opens without running anything in it.

Columns: ``section, name, step, elapsed, tokens, value``. Sections: ``run``, ``config``,
``provenance`` (names are dotted paths) and ``metric`` (one row a point).
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backend.compare.differences import flatten
from backend.metrics.points import Points

COLUMNS = ("section", "name", "step", "elapsed", "tokens", "value")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet read a cell as a formula (OWASP, "CSV injection"), with
the full-width forms that some of them treat alike."""


def cell(value: Any) -> str:
    """`value` as the text of a cell; text that could be read as a formula gets a leading ``'``.

    Numbers stay as they are, also negative ones; they have their shortest exact form.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def number(value: float) -> str:
    """A float as in the API's JSON: NaN and infinities by name."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def section(name: str, values: Mapping[str, Any]) -> Iterator[list[str]]:
    """Rows of a nested mapping, one a leaf, named by dotted paths."""
    for path, value in flatten(dict(values)):
        yield [name, cell(path), "", "", "", cell(value)]


def metric(key: str, points: Points) -> Iterator[list[str]]:
    """Rows of a series, one a point."""
    name = cell(key)
    for step, value, elapsed, tokens in points.tolist():
        yield ["metric", name, str(step), number(elapsed), str(tokens), number(value)]


def lines(rows: Iterable[list[str]], block: int = 1000) -> Iterator[str]:
    """The table as CSV text, in blocks of rows, with its header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for count, row in enumerate(rows, 1):
        writer.writerow(row)
        if count % block == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
