"""What an export's model card tells about its run."""

import math
from typing import Any

from sqlalchemy.orm import Session

from ahora.facts import CurvePoint, RunFacts
from backend.compare.service import View, compare
from backend.db.models import Checkpoint, Run
from backend.events.superseded import valid_steps
from backend.jobs import repository
from backend.metrics import store

_REWARD, _PASS = "reward", "eval/pass@1"
_POINTS = 11


def of(session: Session, run: Run, checkpoint: Checkpoint) -> dict[str, Any]:
    """`ahora.facts.RunFacts` of the run as it is now."""
    (row,) = compare(session, View([run.id])).runs
    attempt = repository.attempt(session, run.id, checkpoint.attempt)
    provenance = attempt.provenance if attempt is not None else None
    return RunFacts(
        run_id=run.id,
        run_name=run.name,
        checkpoint_id=checkpoint.id,
        steps=row.steps,
        baseline_pass_at_1=row.baseline_pass_at_1,
        peak_pass_at_1=row.peak_pass_at_1,
        peak_step=row.peak_step,
        final_pass_at_1=row.final_pass_at_1,
        final_reward=row.final_reward,
        curve=_curve(session, run.id),
        provenance=provenance or {},
    ).model_dump(mode="json")


def _curve(session: Session, run_id: str) -> list[CurvePoint]:
    """About ten steps: those that were evaluated where there are some, else steps of training."""
    stored = store.find(session, [run_id], [_REWARD, _PASS])
    values: dict[str, dict[int, float]] = {_REWARD: {}, _PASS: {}}
    for series in store.read(session, stored, valid_steps(session, [run_id])):
        values[series.key] = {
            int(point["step"]): float(point["value"])
            for point in series.points
            if math.isfinite(point["value"])
        }
    evaluated, rewarded = sorted(values[_PASS]), sorted(values[_REWARD])
    steps = evaluated if len(evaluated) > 2 else sorted({*evaluated, *rewarded})
    return [
        CurvePoint(step=step, reward=values[_REWARD].get(step), pass_at_1=values[_PASS].get(step))
        for step in _spread(steps)
    ]


def _spread(steps: list[int]) -> list[int]:
    """At most `_POINTS` of `steps`, evenly spread, the first and the last among them."""
    if len(steps) <= _POINTS:
        return steps
    last = len(steps) - 1
    return [steps[round(place * last / (_POINTS - 1))] for place in range(_POINTS)]
