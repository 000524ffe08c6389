"""Celery's pool of threads, with one thing mended: a slot that gets free hears the next ring at once."""

from typing import Any

from celery.concurrency.thread import TaskPool
from kombu.asynchronous import get_event_loop


class WakingPool(TaskPool):
    """Wakes Celery's event loop whenever a task has ended.

    With `worker_disable_prefetch` the loop asks Redis for a message only while a thread is free, and looks
    whether one is when it goes round: after an event, else once a second. The end of a task in a thread is
    no event to it, so a ring that came within that second waited for the rest of it.
    """

    def on_apply(self, *args: Any, **kwargs: Any) -> Any:
        """Run a task in a thread of the pool."""
        result = super().on_apply(*args, **kwargs)
        result.f.add_done_callback(_wake)  # after Celery's own, which frees the place
        return result


def _wake(_: object) -> None:
    loop = get_event_loop()
    if loop is not None:  # none while the worker ends
        loop.call_soon(_nothing)


def _nothing() -> None:
    """The loop has only to go round."""
