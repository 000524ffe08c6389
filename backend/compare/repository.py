"""Queries of comparisons."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from backend.db.models import Experiment, Run
from backend.errors import ExperimentNotFound


def with_config(session: Session, run_ids: Sequence[str]) -> Sequence[Run]:
    """The training runs of `run_ids` that exist, with their configurations and tags."""
    query = (
        select(Run)
        .where(Run.id.in_(run_ids), Run.kind == "train")
        .options(undefer(Run.config), selectinload(Run.tag_rows))
    )
    return session.scalars(query).all()


def labels_of_experiment(session: Session, experiment_id: str) -> dict[str, str]:
    """Run id to the label of its configuration, of an experiment's runs that are not deleted, by
    configuration and seed. Raises `ExperimentNotFound`."""
    experiment = session.get(Experiment, experiment_id)
    if experiment is None:
        raise ExperimentNotFound(experiment_id)
    labels = {cell["index"]: cell["label"] for cell in experiment.cells}
    query = (
        select(Run.id, Run.cell)
        .where(Run.experiment_id == experiment_id, Run.deleted_at.is_(None), Run.cell.in_(labels))
        .order_by(Run.cell, Run.seed, Run.id)
    )
    return {run_id: labels[cell] for run_id, cell in session.execute(query) if cell is not None}


def seeds(session: Session, run_ids: Sequence[str]) -> dict[str, int]:
    """Run id to seed, of the training runs of `run_ids` that exist."""
    query = select(Run.id, Run.seed).where(Run.id.in_(run_ids), Run.kind == "train")
    return {row.id: row.seed for row in session.execute(query)}
