"""A proxy between workers and APIs: it disturbs requests, and remembers what was answered.

What the API acknowledged passes through here, so that it can be compared with what the database holds at
the end. Disturbances: a request is dropped before it reaches the API, or its answer is dropped, or it
waits, or it is delivered twice.
"""

import gzip
import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

EVENTS = re.compile(r"^/api/v1/worker/attempts/(\w+)/events$")
CLAIMS = "/api/v1/worker/claims"
DISTURBANCES = ("drop", "drop_answer", "delay", "twice")


@dataclass(frozen=True)
class Claimed:
    """An attempt that was handed out."""

    run_id: str
    run_name: str
    attempt: int
    at: float
    """When its answer first came from an API, monotonic."""


@dataclass(frozen=True)
class Accepted:
    """An event that an API acknowledged."""

    attempt_id: str
    event: dict[str, Any]
    sent: float
    """When the request went to the API that acknowledged it first, monotonic."""


@dataclass
class Testimony:
    """What the proxy saw."""

    claims: dict[str, Claimed] = field(default_factory=dict)
    """By attempt id."""
    accepted: dict[tuple[str, int], Accepted] = field(default_factory=dict)
    """By attempt id and number of the event."""
    contradictions: list[str] = field(default_factory=list)
    disturbed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DISTURBANCES, 0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def see(self, path: str, body: bytes, gzipped: bool, answer: bytes, sent: float) -> None:
        """Remember a request that was answered with 2xx."""
        if path == CLAIMS:
            job = json.loads(answer).get("job")
            if job:
                with self.lock:
                    self._claimed(job)
        elif found := EVENTS.match(path):
            events = json.loads(gzip.decompress(body) if gzipped else body)["events"]
            with self.lock:
                for numbered in events:
                    self._accepted(found[1], numbered, sent)

    def _claimed(self, job: dict[str, Any]) -> None:
        claim = Claimed(job["run_id"], job["run_name"], job["attempt"], time.monotonic())
        before = self.claims.setdefault(job["attempt_id"], claim)
        if (before.run_id, before.attempt) != (claim.run_id, claim.attempt):
            self.contradictions.append(f"attempt {job['attempt_id']} was handed out as two")

    def _accepted(self, attempt_id: str, numbered: dict[str, Any], sent: float) -> None:
        key = (attempt_id, numbered["seq"])
        before = self.accepted.setdefault(key, Accepted(attempt_id, numbered["event"], sent))
        if before.event != numbered["event"]:
            self.contradictions.append(f"two different events were acknowledged as {key}")


class Proxy:
    """Listens on a port of its own and passes requests on to one of the APIs `targets` gives."""

    def __init__(self, targets: Callable[[], list[int]], seed: int) -> None:
        self.testimony = Testimony()
        self.trouble = 0.0
        """Share of requests that are disturbed."""
        self._targets = targets
        self._rng = random.Random(seed)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                proxy.handle(self)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        kind = self._disturbance()
        if kind == "drop":
            request.close_connection = True
            return
        if kind == "delay":
            time.sleep(self._rng.uniform(0.1, 1.5))
        answer = self._forward(request, body)
        if kind == "twice":
            answer = self._forward(request, body)
        if kind == "drop_answer" or answer is None:
            request.close_connection = True
            return
        status, content, kind_of_content = answer
        with suppress(ConnectionError):  # the worker was killed meanwhile
            request.send_response(status)
            request.send_header("Content-Type", kind_of_content)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

    def _disturbance(self) -> str | None:
        if self._rng.random() >= self.trouble:
            return None
        kind = self._rng.choice(DISTURBANCES)
        with self.testimony.lock:
            self.testimony.disturbed[kind] += 1
        return kind

    def _forward(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, bytes, str] | None:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in ("connection", "host", "content-length", "accept-encoding")
        }
        sent = time.monotonic()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._rng.choice(self._targets()), timeout=15
        )
        try:
            connection.request("POST", request.path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if 200 <= response.status < 300:
            gzipped = request.headers.get("Content-Encoding") == "gzip"
            self.testimony.see(request.path, body, gzipped, content, sent)
        return response.status, content, response.headers.get("Content-Type", "")
