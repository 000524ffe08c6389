"""Which steps of each attempt are still valid.

What an attempt reported beyond the step that a later attempt started from is superseded: kept, and
hidden from every reader. Logs are not: what happened, happened.
"""

import sys
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Attempt

NO_LIMIT = sys.maxsize

Limits = Mapping[int, int]
"""Attempt number to its last valid step."""


def limits(start_steps: Mapping[int, int]) -> dict[int, int]:
    """The last valid step of each attempt, from the step each attempt started at."""
    valid: dict[int, int] = {}
    limit = NO_LIMIT
    for number in sorted(start_steps, reverse=True):
        valid[number] = limit
        limit = min(limit, start_steps[number])
    return valid


def valid_steps(session: Session, run_ids: Iterable[str]) -> dict[str, Limits]:
    """The limits of each run's attempts."""
    starts: dict[str, dict[int, int]] = {run_id: {} for run_id in run_ids}
    rows = session.execute(
        select(Attempt.run_id, Attempt.number, Attempt.start_step).where(
            Attempt.run_id.in_(list(starts))
        )
    )
    for run_id, number, start_step in rows:
        starts[run_id][number] = start_step
    return {run_id: limits(attempts) for run_id, attempts in starts.items()}
