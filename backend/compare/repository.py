"""Queries of comparisons."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from backend.db.models import Run


def with_config(session: Session, run_ids: Sequence[str]) -> Sequence[Run]:
    """The training runs of `run_ids` that exist, with their configurations."""
    query = select(Run).where(Run.id.in_(run_ids), Run.kind == "train").options(undefer(Run.config))
    return session.scalars(query).all()
