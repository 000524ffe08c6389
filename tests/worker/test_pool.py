"""The pool that tells Celery's event loop when a task has ended."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kombu.asynchronous import Hub, set_event_loop

from worker.celery_app import app
from worker.pool import WakingPool


class PatientHub(Hub):  # type: ignore[misc]
    """An event loop that polls for a minute where another would for a second."""

    def fire_timers(self, *_: Any, **__: Any) -> float:
        return 60.0


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = PatientHub()
    mine, other = socket.socketpair()
    made.add_reader(mine, lambda: None)  # as if it waited for Redis
    made.timer.call_after(3600, lambda: None)
    set_event_loop(made)
    yield made
    made.close()
    set_event_loop(None)
    mine.close()
    other.close()


def test_the_event_loop_goes_round_as_soon_as_a_task_has_freed_its_place(hub: Hub) -> None:
    assert app.conf.worker_pool == f"{WakingPool.__module__}:{WakingPool.__name__}"
    polling, task_may_end = threading.Event(), threading.Event()
    hub.on_tick.add(polling.set)
    pool = WakingPool(1)
    pool.start()
    freed: list[object] = []
    pool.apply_async(task_may_end.wait, (10,), callback=freed.append)
    loop = threading.Thread(target=hub.run_once, daemon=True)
    loop.start()
    assert polling.wait(10)
    task_may_end.set()
    loop.join(20)
    assert not loop.is_alive()
    assert freed
    pool.stop()
