"""Queries of comparisons."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from backend.db.models import Run


def with_config(session: Session, run_ids: Sequence[str]) -> Sequence[Run]:
    """The training runs of `run_ids` that exist, with their configurations and tags."""
    query = (
        select(Run)
        .where(Run.id.in_(run_ids), Run.kind == "train")
        .options(undefer(Run.config), selectinload(Run.tag_rows))
    )
    return session.scalars(query).all()


def seeds(session: Session, run_ids: Sequence[str]) -> dict[str, int]:
    """Run id to seed, of the training runs of `run_ids` that exist."""
    query = select(Run.id, Run.seed).where(Run.id.in_(run_ids), Run.kind == "train")
    return {row.id: row.seed for row in session.execute(query)}
