"""A comparison as a file: HTML report, CSV table or JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from ahora.metrics import METRICS
from ahora.schemas.comparing import (
    MOST_GROUPS,
    Comparison,
    ComparisonExport,
    Curve,
    CurveGroup,
    CurvesQuery,
)
from backend.compare import averages, service
from backend.compare.drawing import Axis
from backend.compare.report import to_html
from backend.compare.service import View
from backend.compare.sheet import to_csv

Format = Literal["html", "csv", "json"]
MEDIA: dict[Format, str] = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}

MOST_KEYS = 20
SHOWN = (*(metric.name for metric in METRICS if metric.headline), "horizon/effective_fraction")
"""Metrics that are drawn when none are named."""


@dataclass(frozen=True)
class Looks:
    """How the report's charts are drawn."""

    keys: Sequence[str] = ()
    axis: Axis = "step"
    log: bool = False


def export(session: Session, view: View, looks: Looks, format: Format, site: str) -> str:
    """The file's text. `site` is where the dashboard is. Raises as `service.compare`."""
    comparison = service.compare(session, view)
    if format == "csv":
        return to_csv(comparison)
    curves = _curves(session, comparison, looks.keys or SHOWN)
    link = site + address(view, looks)
    if format == "json":
        return ComparisonExport(link=link, comparison=comparison, curves=curves).model_dump_json()
    return to_html(comparison, curves, link, looks.axis, looks.log)


def address(view: View, looks: Looks) -> str:
    """Path and query of the dashboard's page that shows this view."""
    query = [] if view.experiment else [("runs", ",".join(view.run_ids))]
    if view.group_by != "auto":
        query.append(("by", view.group_by))
    query += [("group", f"{label}:{','.join(ids)}") for label, ids in view.hand.items()]
    if view.baseline is not None:
        query.append(("baseline", view.baseline))
    if looks.axis != "step":
        query.append(("x", looks.axis))
    if looks.log:
        query.append(("log", "true"))
    path = f"/experiments/{view.experiment}" if view.experiment else "/compare"
    return f"{path}?{urlencode(query, safe=',:')}" if query else path


def _curves(session: Session, comparison: Comparison, keys: Sequence[str]) -> list[Curve]:
    there = [key for key in dict.fromkeys(keys) if key in comparison.keys][:MOST_KEYS]
    if not there:
        return []
    shown = comparison.groups[:MOST_GROUPS]
    groups = [CurveGroup(id=group.id, runs=group.run_ids) for group in shown]
    found = averages.curves(session, CurvesQuery(groups=groups, keys=there, max_points=400))
    return found.curves
