"""The worker's side of the API: claims, heartbeats and events, and what an answer means."""

import gzip
import json
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ahora import __version__
from ahora.schemas.workers import (
    AttemptHeartbeat,
    AttemptOrders,
    Claim,
    ClaimRequest,
    Registered,
    WorkerHeartbeat,
    WorkerOrders,
    WorkerRegister,
)

Answer = TypeVar("Answer", bound=BaseModel)
Result = TypeVar("Result")

GZIP_FROM = 1024
"""Bytes from which a body is compressed."""
RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class ApiError(Exception):
    """The API did not do what was asked."""


class UnavailableError(ApiError):
    """No answer, or a server error: worth another try."""


class RefusedError(ApiError):
    """401 or 403: this token opens nothing here. Trying again does not help."""


class UnknownError(ApiError):
    """404: the API does not know this worker or attempt."""


class StaleAttemptError(ApiError):
    """A newer attempt of the run was claimed, so this one must end at once."""


class WrongSeqError(ApiError):
    """The batch does not start where the API's record ends."""

    def __init__(self, detail: str, expected_seq: int) -> None:
        super().__init__(detail)
        self.expected_seq = expected_seq


class RejectedError(ApiError):
    """Another 4xx: the API understood the request and does not accept its content."""


class CancelledError(Exception):
    """The worker shuts down, so a retry was given up."""


class WorkerApi:
    """The routes under `/api/v1/worker`. Safe to share between threads."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        self._http = httpx.Client(
            base_url=f"{url}/api/v1/worker",
            headers={"User-Agent": f"ahora-worker/{__version__}"},
            timeout=httpx.Timeout(20.0, connect=5.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def register(self, body: WorkerRegister) -> Registered:
        """Make this worker known."""
        return self._post("/register", body, self._token, Registered)

    def heartbeat(self, worker_id: str, body: WorkerHeartbeat) -> WorkerOrders:
        """Say that this worker is there."""
        return self._post(f"/{worker_id}/heartbeat", body, self._token, WorkerOrders)

    def leave(self, worker_id: str) -> None:
        """Say that this worker goes."""
        self._request(f"/{worker_id}/leave", b"", self._token)

    def claim(self, body: ClaimRequest) -> Claim:
        """Ask for work; the same claim id gets the same answer."""
        return self._post("/claims", body, self._token, Claim)

    def attempt_heartbeat(self, attempt_id: str, token: str, counter: int) -> AttemptOrders:
        """Say that an attempt's supervisor is there."""
        body = AttemptHeartbeat(counter=counter)
        return self._post(f"/attempts/{attempt_id}/heartbeat", body, token, AttemptOrders)

    def append_events(
        self, attempt_id: str, token: str, events: list[dict[str, Any]]
    ) -> AttemptOrders:
        """Ship numbered events (`ahora.events.Numbered` as plain JSON), without gaps."""
        body = json.dumps({"events": events}, separators=(",", ":"), ensure_ascii=False).encode()
        answer = self._request(f"/attempts/{attempt_id}/events", body, token)
        return _read(answer, AttemptOrders)

    def dataset(self, sha256: str) -> Iterator[bytes]:
        """The blocks of an uploaded dataset's file."""
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with self._http.stream("GET", f"/datasets/{sha256}", headers=headers) as response:
                if not response.is_success:
                    response.read()
                    raise _error(response)
                yield from response.iter_bytes(1024 * 1024)
        except httpx.HTTPError as error:
            raise UnavailableError(f"{self.url}: {error or type(error).__name__}") from None

    def _post(self, path: str, body: BaseModel, token: str, answer: type[Answer]) -> Answer:
        return _read(self._request(path, body.model_dump_json().encode(), token), answer)

    def _request(self, path: str, body: bytes, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if len(body) >= GZIP_FROM:
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        try:
            response = self._http.post(path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise UnavailableError(f"{self.url}: {error or type(error).__name__}") from None
        if response.is_success:
            return response
        raise _error(response)


def _read(response: httpx.Response, answer: type[Answer]) -> Answer:
    try:
        return answer.model_validate_json(response.content)
    except ValidationError as error:
        # A proxy's page, or an API of another version: the next answer may be right.
        raise UnavailableError(f"{response.url}: not the answer of an Ahora API: {error}") from None


def _error(response: httpx.Response) -> ApiError:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    status = response.status_code
    detail = f"{status} {problem.get('detail') or response.reason_phrase}"
    kind = str(problem.get("type", ""))
    if status in (401, 403):
        return RefusedError(detail)
    if status == 404:
        return UnknownError(detail)
    if status == 409 and kind.endswith("/stale-attempt"):
        return StaleAttemptError(detail)
    expected = problem.get("expected_seq")
    if status == 409 and isinstance(expected, int):
        return WrongSeqError(detail, expected)
    if status in RETRY_STATUS or status >= 500 or not 400 <= status < 500:
        return UnavailableError(detail)
    return RejectedError(detail)


def delays(first: float = 0.3, most: float = 5.0) -> Iterator[float]:
    """Seconds to wait before each next try: doubling, with jitter so that a fleet spreads out."""
    delay = first
    while True:
        yield delay * random.uniform(0.7, 1.3)  # noqa: S311 -- jitter, not a secret
        delay = min(most, delay * 2)


def until_answered(
    call: Callable[[], Result], cancel: threading.Event, note: Callable[[UnavailableError], None]
) -> Result:
    """What `call` returns, tried again as long as the API is away.

    `note` hears of each failure. Raises `Cancelled` once `cancel` is set.
    """
    for delay in delays():
        try:
            return call()
        except UnavailableError as error:
            note(error)
        if cancel.wait(delay):
            raise CancelledError
    raise AssertionError("delays never end")
