"""How much disk runs and projects hold."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ahora.schemas.projects import DiskUsage
from backend.db.models import Checkpoint, MetricSeries, Run
from backend.metrics.store import stored_points

POINT_BYTES = 32
"""Size of a stored metric point (`backend.metrics.points.POINT`)."""


def of_run(session: Session, run_id: str) -> DiskUsage:
    """What a run holds."""
    return _usage(session, Run.id == run_id)


def of_project(session: Session, name: str) -> DiskUsage:
    """What the runs of a project hold, deleted ones too."""
    return _usage(session, Run.project == name)


def _usage(session: Session, which: ColumnElement[bool]) -> DiskUsage:
    checkpoints = select(func.sum(Checkpoint.size)).join(Run, Run.id == Checkpoint.run_id)
    points = select(func.sum(stored_points())).join(Run, Run.id == MetricSeries.run_id)
    rollouts = select(func.sum(Run.rollout_bytes))
    return DiskUsage(
        checkpoints=int(session.scalar(checkpoints.where(which)) or 0),
        rollouts=int(session.scalar(rollouts.where(which)) or 0),
        metrics=int(session.scalar(points.where(which)) or 0) * POINT_BYTES,
    )
