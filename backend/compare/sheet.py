"""A comparison as one CSV table that a spreadsheet opens without running anything in it.

Columns: ``section, group, run, measure, value, low, high, n, method, p, smallest_p, note``. Sections:
``run`` (a row for each run and measure), ``group`` (means with 95 % intervals), ``versus`` (against the
baseline), ``config`` (differing fields) and ``remark``.
"""

import csv
import io
from collections.abc import Iterator

from ahora.schemas.comparing import Comparison, Estimate
from backend.export.table import cell

COLUMNS = (
    "section", "group", "run", "measure", "value", "low", "high", "n", "method", "p", "smallest_p",
    "note",
)  # fmt: skip

LEFT_OUT = {"run_id", "name", "project", "tags"}
"""Fields of a run that are no measure, or its name."""


def to_csv(comparison: Comparison) -> str:
    """The table as text, with its header."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="")
    writer.writeheader()
    for row in _rows(comparison):
        writer.writerow({column: cell(value) for column, value in row.items()})
    return buffer.getvalue()


def _rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    names = {run.run_id: f"{run.name} ({run.run_id})" for run in comparison.runs}
    groups = {run_id: group.label for group in comparison.groups for run_id in group.run_ids}
    for run in comparison.runs:
        for measure, value in run.model_dump(exclude=LEFT_OUT).items():
            yield {
                "section": "run",
                "group": groups[run.run_id],
                "run": names[run.run_id],
                "measure": measure,
                "value": " to ".join(map(str, value)) if isinstance(value, tuple) else value,
            }
    for group in comparison.groups:
        for measure, found in group.measures.items():
            head = {"group": group.label, "measure": measure}
            if found.estimate is not None:
                yield {"section": "group", **head, **_estimate(found.estimate)}
            if found.versus is not None:
                versus = found.versus
                yield {
                    "section": "versus",
                    **head,
                    **_estimate(versus.estimate),
                    "p": versus.p,
                    "smallest_p": versus.smallest_p,
                    "note": f"{versus.kind}; {'paired' if versus.paired else 'not paired'}; "
                    f"{versus.words}",
                }
    for difference in comparison.differences:
        for run_id, value in difference.values.items():
            yield {
                "section": "config",
                "group": groups[run_id],
                "run": names[run_id],
                "measure": difference.path,
                "value": value,
            }
    for remark in comparison.remarks:
        yield {"section": "remark", "note": remark}


def _estimate(found: Estimate) -> dict[str, object]:
    return {
        "value": found.mean,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "method": found.method,
    }
