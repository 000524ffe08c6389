"""Requests with retries: what was sent twice takes effect once, and every error is a class."""

import random
import time
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, overload

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from ahora import __version__
from ahora.client.connection import Connection
from ahora.client.errors import AhoraError, ServerUnreachableError, api_error
from ahora.schemas.base import Problem

Answer = TypeVar("Answer")
Params = Mapping[str, str | int | float | bool | list[str] | None]

API = "/api/v1"
RETRIED = frozenset({502, 503, 504})
LONGEST_PAUSE = 8.0
"""Seconds between two tries, at most."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class Transport:
    """An HTTP connection to the API.

    Args:
        connection: Server and token.
        retries: Tries after the first one, when the server cannot be reached or answers 502, 503 or 504.
        pause: Seconds before the first retry; doubled at each further one, with some randomness.
        timeout: Seconds an answer may take.
        transport: How requests travel; for tests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        retries: int = 5,
        pause: float = 0.25,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.connection = connection
        self.retries = retries
        self.pause = pause
        self.http = httpx.Client(
            base_url=connection.url,
            headers={
                "Authorization": f"Bearer {connection.token}",
                "User-Agent": f"ahora/{__version__}",
            },
            timeout=httpx.Timeout(timeout, connect=5.0),
            transport=transport,
            trust_env=not connection.is_local,
        )

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: BaseModel | Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        once: bool = False,
    ) -> httpx.Response:
        """Send a request and return its answer, read in full.

        Args:
            method: HTTP method.
            path: Path below `/api/v1`.
            params: Query; Nones are left out.
            body: JSON body.
            content: A body that is a file of JSON lines.
            headers: Further headers.
            repeatable: Whether a repeat is harmless. If not, only a request that never left is repeated.
            once: Send an Idempotency-Key, so that the server answers a repeat with the first answer.

        Raises:
            ApiError: the server refused; the class tells the kind.
            ServerUnreachableError: no answer, after all retries.
        """
        sent = content if body is None else _json(body)
        kind = "application/x-ndjson" if body is None else "application/json"
        request = self._request(
            method, path, params, sent, {"Content-Type": kind, **(headers or {})}, once
        )
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                response = self.http.send(request)
            except httpx.TransportError as error:
                never_left = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if last or not (repeatable or never_left):
                    raise self.unreachable(error) from error
                self.wait(attempt)
                continue
            if response.status_code in RETRIED and repeatable and not last:
                self.wait(attempt, response.headers.get("Retry-After"))
                continue
            check(response)
            return response
        raise AssertionError("the last attempt returns or raises")

    @overload
    def call(self, answer: type[Answer], method: str, path: str, **kwargs: Any) -> Answer: ...
    @overload
    def call(self, answer: Any, method: str, path: str, **kwargs: Any) -> Any: ...
    def call(self, answer: Any, method: str, path: str, **kwargs: Any) -> Any:
        """`send`, and read the answer as a value of the type `answer`. Fields a newer server adds are
        passed over."""
        response = self.send(method, path, **kwargs)
        try:
            return _adapter(answer).validate_json(response.content, extra="ignore")
        except ValidationError as error:
            raise AhoraError(
                f"{self.connection.url} answered {method} {path} with something else than Ahora "
                f"{__version__} expects: is this the right address, and of the same version? ({error})"
            ) from error

    def wait(self, attempt: int, retry_after: str | None = None, most: float | None = None) -> None:
        """Pause before the next try: exponential, jittered, or what the server asks for; bounded, also
        by `most` seconds."""
        pause = self.pause * 2**attempt * (0.75 + random.random() / 2)  # noqa: S311
        if retry_after and retry_after.isdecimal():
            pause = float(retry_after)
        bound = LONGEST_PAUSE if most is None else min(LONGEST_PAUSE, max(most, 0.0))
        time.sleep(min(pause, bound))

    def unreachable(self, error: Exception) -> ServerUnreachableError:
        """The error for a server that does not answer."""
        start = " Start it with `ahora up`." if self.connection.is_local else ""
        reason = str(error) or type(error).__name__
        return ServerUnreachableError(
            f"Ahora does not answer at {self.connection.url}: {reason}.{start}"
        )

    def _request(
        self,
        method: str,
        path: str,
        params: Params | None,
        content: bytes | None,
        headers: Mapping[str, str],
        once: bool,
    ) -> httpx.Request:
        sent = dict(headers)
        if content is None:
            del sent["Content-Type"]
        if once:
            sent["Idempotency-Key"] = uuid.uuid4().hex
        query = {key: value for key, value in (params or {}).items() if value is not None}
        return self.http.build_request(
            method, API + path, params=query, content=content, headers=sent
        )


def _json(body: BaseModel | Mapping[str, Any]) -> bytes:
    if isinstance(body, BaseModel):
        return body.model_dump_json().encode()
    return _adapter(dict[str, Any]).dump_json(dict(body))


def check(response: httpx.Response) -> None:
    """Raise the `ApiError` of an answer that is none of success; the answer must have been read."""
    if response.is_success:
        return
    try:
        problem = Problem.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        reason = f"The server answered {response.status_code} {response.reason_phrase}"
        problem = Problem(
            title=response.reason_phrase,
            status=response.status_code,
            detail=f"{reason} to {response.request.method} {response.request.url.path}.",
        )
    raise api_error(problem)
