"""Queries on experiments."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, undefer

from ahora.status import RunStatus
from backend.db.models import Attempt, Experiment, Run
from backend.errors import ExperimentNotFound
from backend.pages import bad_cursor, cursor_time, decode_cursor, encode_cursor


def require(session: Session, experiment_id: str) -> Experiment:
    """The experiment with its configuration. Raises `ExperimentNotFound`."""
    query = select(Experiment).where(Experiment.id == experiment_id)
    found = session.scalars(query.options(undefer(Experiment.config))).one_or_none()
    if found is None:
        raise ExperimentNotFound(experiment_id)
    return found


def runs_of(session: Session, experiment_id: str) -> Sequence[Run]:
    """Its runs, deleted ones too, by cell, then in the order they were made."""
    query = select(Run).where(Run.experiment_id == experiment_id)
    return session.scalars(query.order_by(Run.cell, Run.seed, Run.id)).all()


def attempts_of(session: Session, experiment_id: str) -> Sequence[Attempt]:
    """All attempts at its runs."""
    query = select(Attempt).join(Run, Run.id == Attempt.run_id)
    return session.scalars(query.where(Run.experiment_id == experiment_id)).all()


def page(
    session: Session,
    project: str | None,
    words: str | None,
    deleted: bool,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Experiment], str | None]:
    """A page of experiments, newest first, and the cursor of the next."""
    query = select(Experiment).where(
        Experiment.deleted_at.is_not(None) if deleted else Experiment.deleted_at.is_(None)
    )
    if project is not None:
        query = query.where(Experiment.project == project)
    for word in (words or "").split():
        texts = (Experiment.name, Experiment.id, Experiment.notes)
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if cursor is not None:
        when, last = decode_cursor(cursor, 2)
        if not isinstance(last, str):
            raise bad_cursor()
        at = cursor_time(when)
        query = query.where(
            or_(
                Experiment.created_at < at,
                and_(Experiment.created_at == at, Experiment.id < last),
            )
        )
    ordered = query.order_by(Experiment.created_at.desc(), Experiment.id.desc())
    found = session.scalars(ordered.limit(limit + 1)).all()
    if len(found) <= limit:
        return found, None
    return found[:limit], encode_cursor(found[limit - 1].created_at, found[limit - 1].id)


State = tuple[RunStatus, int, int, int]
"""Status, and of the runs in it: how many, steps done, steps there are."""


def states(session: Session, experiment_ids: Sequence[str]) -> dict[str, list[State]]:
    """How the runs that are not deleted stand, by experiment."""
    query = (
        select(
            Run.experiment_id,
            Run.status,
            func.count(),
            func.sum(Run.step),
            func.sum(Run.max_steps),
        )
        .where(Run.experiment_id.in_(experiment_ids), Run.deleted_at.is_(None))
        .group_by(Run.experiment_id, Run.status)
    )
    found: dict[str, list[State]] = {each: [] for each in experiment_ids}
    for experiment_id, status, count, steps, most in session.execute(query):
        assert experiment_id is not None
        found[experiment_id].append((status, count, int(steps), int(most)))
    return found


MEASURED = 200
"""Completed runs that an estimate looks at, the newest."""


def measured(session: Session, models: Sequence[str]) -> Sequence[Run]:
    """Completed training runs of these models with configuration and attempts, newest first."""
    query = (
        select(Run)
        .where(
            Run.model.in_(models),
            Run.kind == "train",
            Run.status == RunStatus.COMPLETED,
            Run.step > 0,
        )
        .options(undefer(Run.config))
        .order_by(Run.finished_at.desc(), Run.id)
        .limit(MEASURED)
    )
    return session.scalars(query).all()


def attempts_at(session: Session, run_ids: Sequence[str]) -> Sequence[Attempt]:
    """All attempts at these runs."""
    return session.scalars(select(Attempt).where(Attempt.run_id.in_(run_ids))).all()
