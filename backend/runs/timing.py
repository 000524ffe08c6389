"""Where a run's time went: in the queue, and on devices, over all of its attempts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ahora.schemas.runs import RunTiming
from ahora.status import RunStatus
from backend.db.models import Attempt, StatusChange


def timing(
    changes: Sequence[StatusChange], attempts: Sequence[Attempt], now: datetime
) -> RunTiming:
    """Of a run with these `changes` (oldest first) and `attempts`, seen at `now`."""
    hours: dict[str, float] = {}
    for one in attempts:
        kind = one.device.partition(":")[0]
        hours[kind] = hours.get(kind, 0.0) + run_seconds(one, now) / 3600
    return RunTiming(
        queue_seconds=sum(seconds for _, seconds in _waits(changes, now)),
        run_seconds=sum(run_seconds(one, now) for one in attempts),
        device_hours=hours,
    )


def run_seconds(attempt: Attempt, now: datetime) -> float:
    """How long an attempt has held its device."""
    return _between(attempt.claimed_at, attempt.finished_at or now)


def waits(changes: Sequence[StatusChange], now: datetime) -> dict[int, float]:
    """Attempt number to the seconds that the run waited in the queue for it.

    The attempt that a run waits for now is the one after the newest.
    """
    found: dict[int, float] = {}
    for number, seconds in _waits(changes, now):
        found[number] = found.get(number, 0.0) + seconds
    return found


def _waits(changes: Sequence[StatusChange], now: datetime) -> Iterator[tuple[int, float]]:
    """Each time in the queue: the number of the attempt it was for, and how long it took."""
    for place, change in enumerate(changes):
        if change.to_status == RunStatus.QUEUED:
            end = changes[place + 1].time if place + 1 < len(changes) else now
            yield (change.attempt or 0) + 1, _between(change.time, end)


def _between(start: datetime, end: datetime) -> float:
    # several API machines write times, and their clocks differ a little
    return max(0.0, (end - start).total_seconds())
