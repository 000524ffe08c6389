"""Reading metrics: series of many runs, summaries, the registry."""

from sqlalchemy.orm import Session

from ahora.metrics import GROUPS, METRICS
from ahora.schemas.monitoring import (
    MetricInfo,
    MetricRegistry,
    MetricSummary,
    RunMetrics,
    Series,
    SeriesQuery,
    SeriesResult,
)
from backend.errors import Invalid
from backend.events.superseded import valid_steps
from backend.metrics import store
from backend.metrics.downsample import envelope

ANSWER_POINTS = 2_000_000
"""Points in one answer: about 60 MB of JSON."""


class TooManyPoints(Invalid):
    """The answer would be too large."""


def query(session: Session, wanted: SeriesQuery) -> SeriesResult:
    """The series asked for that have points, in the order asked for. Raises `TooManyPoints`."""
    run_ids = list(dict.fromkeys(wanted.runs))
    stored = store.find(session, run_ids, list(dict.fromkeys(wanted.keys)) or None)
    size = sum(min(series.count, wanted.max_points) for series in stored)
    if size > ANSWER_POINTS:
        raise TooManyPoints(
            f"This would be about {size} points in {len(stored)} series; one answer has at most "
            f"{ANSWER_POINTS}. Ask for fewer runs or keys, or lower max_points."
        )
    found = store.read(
        session,
        stored,
        valid_steps(session, run_ids),
        max_points=None if wanted.envelope else wanted.max_points,
        min_step=wanted.min_step,
        max_step=wanted.max_step,
    )
    return SeriesResult.model_construct(series=[_series(series, wanted) for series in found])


def _series(found: store.Series, wanted: SeriesQuery) -> Series:
    points, bounds = found.points, {}
    if wanted.envelope and found.total > wanted.max_points:
        fewer = envelope(points, wanted.max_points)
        points = fewer.points
        bounds = {"low": fewer.low.tolist(), "high": fewer.high.tolist()}
    # built from our own arrays: checking each number again would take longer than reading them
    return Series.model_construct(
        run_id=found.run_id,
        key=found.key,
        steps=points["step"].tolist(),
        values=points["value"].tolist(),
        elapsed=points["elapsed"].tolist(),
        tokens=points["tokens"].tolist(),
        total_points=found.total,
        downsampled=len(points) < found.total,
        low=bounds.get("low"),
        high=bounds.get("high"),
    )


def summaries(session: Session, run_id: str) -> RunMetrics:
    """All metric summaries of a run."""
    found = store.read_summaries(session, [run_id], valid_steps(session, [run_id]))[run_id]
    return RunMetrics(
        run_id=run_id,
        metrics=[
            MetricSummary(
                key=key,
                last=summary.last,
                last_step=summary.last_step,
                min=summary.min,
                max=summary.max,
                mean=summary.mean,
                count=summary.count,
                nonfinite=summary.nonfinite,
            )
            for key, summary in sorted(found.items())
        ],
    )


def registry() -> MetricRegistry:
    """What the metrics mean."""
    return MetricRegistry(
        groups=list(GROUPS),
        metrics=[
            MetricInfo(
                name=metric.name,
                group=metric.group,
                description=metric.description,
                unit=metric.unit,
                direction=metric.direction,
                headline=metric.headline,
                axis=metric.axis,
                profile=metric.profile,
            )
            for metric in METRICS
        ],
    )
