"""How long a step takes, as the running attempt measures it: what the time left is estimated from."""

from ahora.events import MetricsEvent
from backend.db.models import Run

MEMORY = 20
"""Steps that count: the mean of all while there are fewer, then a moving one, because steps get
longer or shorter as completions do."""


def step_seconds(run: Run, start_step: int, event: MetricsEvent) -> float | None:
    """The mean duration of a step with what `event` adds to `run`, whose attempt began at `start_step`.

    None before the attempt has measured a step. Another attempt's steps, on another device perhaps,
    do not count.
    """
    steps, seconds = event.step - run.step, event.elapsed - run.elapsed
    if steps < 1 or seconds < 0:
        return run.step_seconds
    mean = seconds / steps
    if run.step_seconds is None:
        return mean
    share = min(1.0, steps / min(event.step - start_step, MEMORY))
    return run.step_seconds + share * (mean - run.step_seconds)
