"""News for the live stream, in items of bounded size."""

from collections.abc import Iterator, Sequence
from typing import Any

from ahora.events import MetricsEvent, SystemEvent
from ahora.schemas.monitoring import LogLine
from backend.events.text import storable, storable_json

ITEM_VALUES = 2_000
ITEM_CHARACTERS = 50_000


def metric_items(run_id: str, events: Sequence[MetricsEvent]) -> Iterator[dict[str, Any]]:
    """Data of `metrics` items: the points of whole steps."""
    points: list[dict[str, Any]] = []
    values = 0
    for event in events:
        points.append(
            {
                "step": event.step,
                "elapsed": event.elapsed,
                "tokens": event.tokens,
                "values": storable_json(event.values),
            }
        )
        values += len(event.values)
        if values >= ITEM_VALUES:
            yield {"run_id": run_id, "points": points}
            points, values = [], 0
    if points:
        yield {"run_id": run_id, "points": points}


def system_item(run_id: str, events: Sequence[SystemEvent], offset: float) -> dict[str, Any]:
    """Data of a `system` item: samples, at seconds since the run's first start."""
    points = [
        {"elapsed": round(offset + event.elapsed, 3), "values": storable_json(event.values)}
        for event in events
    ]
    return {"run_id": run_id, "points": points}


def log_items(run_id: str, lines: Sequence[LogLine]) -> Iterator[dict[str, Any]]:
    """Data of `log` items."""
    shown: list[dict[str, Any]] = []
    characters = 0
    for line in lines:
        shown.append(line.model_dump(mode="json"))
        characters += len(line.message)
        if characters >= ITEM_CHARACTERS:
            yield {"run_id": run_id, "lines": shown}
            shown, characters = [], 0
    if shown:
        yield {"run_id": run_id, "lines": shown}


def storable_keys(events: Sequence[MetricsEvent]) -> list[MetricsEvent]:
    """The events with metric names that every database stores."""
    return [
        event
        if all(key.isprintable() for key in event.values)
        else event.model_copy(
            update={"values": {storable(key): value for key, value in event.values.items()}}
        )
        for event in events
    ]
