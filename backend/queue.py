"""The doorbell: a Celery message that says "there is work on this queue", and nothing else.

SQL is the truth. A message that is lost delays a run until the sweeper rings again; one too many makes
a slot ask for work in vain.
"""

import logging
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery import Celery

logger = logging.getLogger(__name__)

TASK = "ahora.work"
MOST_WAITING = 64
"""Messages that may wait in a queue. They carry no expiry, which a worker would compare with its own
clock: a machine whose clock is wrong would hear nothing. What bounds them is this count instead."""


class Doorbell:
    """Rings from a thread of its own: a broker that is slow or away never holds up a request."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._rings: queue.SimpleQueue[tuple[str, int | None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start ringing; without a broker there is nothing to start."""
        if self._broker and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="doorbell", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ring what was asked for, then stop."""
        if self._thread is not None:
            self._rings.put(None)
            self._thread.join(timeout=10)
            self._thread = None

    def ring(self, name: str) -> None:
        """Tell one idle slot of the queue `name` to ask for work. Call it after the commit."""
        if self._thread is not None:
            self._rings.put((name, None))

    def ring_for(self, name: str, slots: int) -> None:
        """Ring as often as it takes for `slots` messages to wait in the queue `name`."""
        if self._thread is not None and slots > 0:
            self._rings.put((name, slots))

    def _work(self) -> None:
        app = _producer(self._broker)
        answering = True
        while (ring := self._rings.get()) is not None:
            name, slots = ring
            try:
                waiting = _waiting(app, name)
                wanted = waiting + 1 if slots is None else slots
                for _ in range(waiting, min(wanted, MOST_WAITING)):
                    app.send_task(TASK, kwargs={"queue": name}, queue=name, retry=False)
                answering = True
            except Exception as error:  # a process border: whatever the broker does is not ours
                if answering:
                    logger.warning(
                        "Redis does not answer (%s): waiting runs start when it does", error
                    )
                answering = False


def _waiting(app: "Celery", name: str) -> int:
    """Messages in the queue `name`."""
    with app.producer_or_acquire() as producer:
        channel = producer.channel
        try:
            return int(channel.queue_declare(queue=name, passive=True).message_count)
        except producer.connection.channel_errors:  # an empty queue is none in Redis
            return 0


def _producer(broker: str) -> "Celery":
    from celery import Celery  # a third of a second: not while the server starts

    app = Celery("ahora", broker=broker)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        broker_connection_retry=False,
        broker_transport_options={
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
            "max_retries": 1,  # the next sweep rings again
            "interval_start": 0,
        },
    )
    return app
