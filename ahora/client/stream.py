"""The live stream: typed events that survive disconnects and restarts of the server."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import httpx
from httpx_sse import EventSource, ServerSentEvent
from pydantic import Field

from ahora.client.errors import ApiError
from ahora.client.transport import API, RETRIED, Transport, check
from ahora.schemas.base import Schema
from ahora.schemas.monitoring import LogLine
from ahora.schemas.runs import RunSummary

KEEP_ALIVE = 15.0
"""Seconds after which the server sends at least a comment."""
SILENCE = 3 * KEEP_ALIVE
"""Seconds without a byte after which a connection counts as dead."""


class Point(Schema):
    """All values of one step."""

    step: int
    elapsed: float
    tokens: int
    values: dict[str, float]


class _Stamped(Schema):
    cursor: str = Field(default="", exclude=True)
    """Pass as `after` to go on behind this event."""


class RunChanged(_Stamped):
    """Something about a run changed: its status, phase, step, name ..."""

    event: Literal["run"] = "run"
    run: RunSummary


class MetricsArrived(_Stamped):
    """New metric points of a run."""

    event: Literal["metrics"] = "metrics"
    run_id: str
    points: list[Point]


class Sample(Schema):
    """System metrics at one moment."""

    elapsed: float
    """Seconds since the run's first start."""
    values: dict[str, float]


class SystemArrived(_Stamped):
    """New system metrics of a run."""

    event: Literal["system"] = "system"
    run_id: str
    points: list[Sample]


class LogArrived(_Stamped):
    """New lines of a run's log."""

    event: Literal["log"] = "log"
    run_id: str
    lines: list[LogLine]


class RolloutsArrived(_Stamped):
    """The rollouts of a step can be read."""

    event: Literal["rollouts"] = "rollouts"
    run_id: str
    step: int


class CheckpointsChanged(_Stamped):
    """The list of a run's checkpoints changed."""

    event: Literal["checkpoint"] = "checkpoint"
    run_id: str
    step: int


class ProvenanceArrived(_Stamped):
    """An attempt reported what it really runs."""

    event: Literal["provenance"] = "provenance"
    run_id: str
    attempt: int


class JobAsked(_Stamped):
    """A job on one of the run's checkpoints was asked for. Its own events are those of the run `job_id`."""

    event: Literal["job"] = "job"
    run_id: str
    job_id: str


class Reset(_Stamped):
    """The stream does not reach back to the cursor any more: what lies between can be read, but is not
    sent."""

    event: Literal["reset"] = "reset"
    run_id: str


class Ready(_Stamped):
    """The replay is over and what follows is live; sent after each (re)connect."""

    event: Literal["ready"] = "ready"


StreamEvent = (
    RunChanged
    | MetricsArrived
    | SystemArrived
    | LogArrived
    | RolloutsArrived
    | CheckpointsChanged
    | ProvenanceArrived
    | JobAsked
    | Reset
    | Ready
)

_CLASSES: dict[str, type[StreamEvent]] = {
    "metrics": MetricsArrived,
    "system": SystemArrived,
    "log": LogArrived,
    "rollouts": RolloutsArrived,
    "checkpoint": CheckpointsChanged,
    "provenance": ProvenanceArrived,
    "job": JobAsked,
    "reset": Reset,
    "ready": Ready,
}


def parse(sent: ServerSentEvent) -> StreamEvent | None:
    """The typed event; None for a kind this version does not know."""
    event: StreamEvent
    if sent.event == "run":
        event = RunChanged(run=RunSummary.model_validate_json(sent.data, extra="ignore"))
    elif sent.event in _CLASSES:
        event = _CLASSES[sent.event].model_validate_json(sent.data, extra="ignore")
    else:
        return None
    event.cursor = sent.id
    return event


class _Expiring(httpx.SyncByteStream):
    """A response's bytes, until `expired()` says to stop reading."""

    def __init__(self, inner: httpx.SyncByteStream, expired: Callable[[], bool]) -> None:
        self._inner = inner
        self._expired = expired

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            yield chunk
            if self._expired():
                return

    def close(self) -> None:
        self._inner.close()


def follow(
    transport: Transport,
    runs: Sequence[str] | None,
    *,
    after: str | None = None,
    timeout: float | None = None,
    patience: float = 120.0,
) -> Iterator[StreamEvent]:
    """Events of `runs` (None: the `run` events of all runs), for ever or for `timeout` seconds.

    After a disconnect it connects again and goes on behind the last event that was seen, without gap or
    duplicate.

    Args:
        transport: The connection.
        runs: Ids.
        after: Cursor to go on behind; None starts now.
        timeout: Seconds after which the iterator ends.
        patience: Seconds without any connection after which it gives up.

    Raises:
        ApiError: the server refused, for example because a run does not exist.
        ServerUnreachableError: no connection for `patience` seconds.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    cursor = after
    failures, lost_at = 0, None
    while True:
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            return
        error: Exception = httpx.RemoteProtocolError("the stream ended")
        try:
            for sent in _connected(transport, runs, cursor, remaining):
                failures, lost_at = 0, None
                cursor = sent.id or cursor
                event = parse(sent)
                if event is not None:
                    yield event
        except httpx.TransportError as caught:
            error = caught
        except ApiError as caught:
            if caught.status not in RETRIED:
                raise
            error = caught
        lost_at = lost_at or time.monotonic()
        if time.monotonic() - lost_at > patience:
            raise transport.unreachable(error)
        transport.wait(failures, most=None if deadline is None else deadline - time.monotonic())
        failures = min(failures + 1, 6)


def _connected(
    transport: Transport, runs: Sequence[str] | None, cursor: str | None, remaining: float | None
) -> Iterator[ServerSentEvent]:
    """Events of one connection, which ends early when the time that is left needs a shorter time-out."""
    limit = SILENCE if remaining is None or remaining > KEEP_ALIVE else max(remaining, 0.01)
    opened = time.monotonic()

    def expired() -> bool:
        if remaining is None:
            return False
        left = remaining - (time.monotonic() - opened)
        return left <= 0 or (limit == SILENCE and left < KEEP_ALIVE)

    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if cursor:
        headers["Last-Event-ID"] = cursor
    with transport.http.stream(
        "GET",
        f"{API}/stream",
        params={"runs": "*" if runs is None else ",".join(runs)},
        headers=headers,
        timeout=httpx.Timeout(10.0, read=limit),
    ) as response:
        if not response.is_success:
            response.read()
            check(response)
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Expiring(response.stream, expired)
        yield from EventSource(response).iter_sse()
