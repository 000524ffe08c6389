"""Mean curves of groups, read from the metric store."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from ahora.schemas.comparing import Curve, CurvesQuery, CurvesResult
from backend.compare import repository
from backend.compare.curves import Curve as MeanCurve
from backend.compare.curves import difference_curve, mean_curve
from backend.compare.groups import matched
from backend.events.superseded import valid_steps
from backend.metrics import store
from backend.metrics.points import Points
from backend.metrics.service import TooManyPoints
from backend.pages import invalid_field

READ_POINTS = 10_000_000
"""Points behind one answer: 320 MB, read key by key."""


def curves(session: Session, wanted: CurvesQuery) -> CurvesResult:
    """The curves asked for that have points. Raises `TooManyPoints` and `Invalid`."""
    ids = [group.id for group in wanted.groups]
    if wanted.baseline is not None and wanted.baseline not in ids:
        raise invalid_field("baseline", "is no group of this query", f"Name one of {ids}.")
    run_ids = list(dict.fromkeys(run for group in wanted.groups for run in group.runs))
    stored = store.find(session, run_ids, list(dict.fromkeys(wanted.keys)))
    if sum(one.count for one in stored) > READ_POINTS:
        raise TooManyPoints(
            f"The means would be over more than {READ_POINTS} points: ask for fewer runs or keys."
        )
    limits = valid_steps(session, run_ids)
    seeds = repository.seeds(session, run_ids)
    found: list[Curve] = []
    for key in dict.fromkeys(wanted.keys):
        series = {
            one.run_id: one.points
            for one in store.read(session, [one for one in stored if one.key == key], limits)
        }
        groups = {
            group.id: {run: series[run] for run in group.runs if run in series and run in seeds}
            for group in wanted.groups
        }
        for group_id, curve, paired in _of_key(groups, wanted.baseline, seeds):
            if len(curve.steps):
                found.append(_curve(group_id, key, curve.thinned(wanted.max_points), paired))
    return CurvesResult.model_construct(curves=found)


def _of_key(
    groups: Mapping[str, Mapping[str, Points]], baseline: str | None, seeds: Mapping[str, int]
) -> list[tuple[str, MeanCurve, bool | None]]:
    if baseline is None:
        return [(name, mean_curve(list(runs.values())), None) for name, runs in groups.items()]
    against = groups[baseline]
    found: list[tuple[str, MeanCurve, bool | None]] = []
    for name, runs in groups.items():
        if name == baseline or not runs or not against:
            continue
        paired = matched([seeds[run] for run in runs], [seeds[run] for run in against])
        keyed = [
            {str(seeds[run]) if paired else run: points for run, points in each.items()}
            for each in (runs, against)
        ]
        found.append((name, difference_curve(keyed[0], keyed[1], paired=paired), paired))
    return found


def _curve(group: str, key: str, curve: MeanCurve, paired: bool | None) -> Curve:
    return Curve.model_construct(
        group=group,
        key=key,
        steps=curve.steps.tolist(),
        mean=curve.mean.tolist(),
        low=curve.low.tolist(),
        high=curve.high.tolist(),
        n=curve.n.tolist(),
        elapsed=curve.elapsed.tolist(),
        tokens=curve.tokens.tolist(),
        paired=paired,
    )
