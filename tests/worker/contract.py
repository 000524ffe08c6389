"""A small real HTTP server that plays the worker routes of the API, with faults on demand.

Every body is validated by `ahora.schemas`; events are stored exactly as docs/api.md says.
"""

import gzip
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ahora.events import Event, LogEvent, StatusEvent
from ahora.schemas.base import Problem
from ahora.schemas.workers import (
    AttemptHeartbeat,
    AttemptOrders,
    Claim,
    ClaimRequest,
    EventBatch,
    Job,
    Registered,
    WorkerHeartbeat,
    WorkerOrders,
    WorkerRegister,
)

TOKEN = "worker-token"
FORGOTTEN = LogEvent(message="forgotten")


def until(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """What `condition` returns once it is true; fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class StoredAttempt:
    """What the server knows of an attempt."""

    job: Job
    events: list[Event] = field(default_factory=list)
    heartbeats: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    """Sizes of all batches received."""
    desired: str = "continue"
    reason: str = ""
    stale: bool = False

    @property
    def final(self) -> StatusEvent | None:
        """The final status, once it is stored."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, StatusEvent) and last.status != "running" else None

    def logs(self, source: str | None = None) -> list[str]:
        """Stored log lines."""
        return [
            event.message
            for event in self.events
            if isinstance(event, LogEvent) and source in (None, event.source)
        ]


class FakeApi:
    """The server. `queue` holds jobs to hand out."""

    def __init__(self) -> None:
        self.attempts: dict[str, StoredAttempt] = {}
        self.queue: list[Job] = []
        self.workers: dict[str, WorkerRegister] = {}
        self.left: list[str] = []
        self.claims: dict[str, Claim] = {}
        self.worker_beats: list[WorkerHeartbeat] = []
        self.bodies: list[bytes] = []
        self.problems: list[str] = []
        """Requests that broke the contract."""
        self.refuse_tokens = False
        self.drain = False
        self.lose_answers = 0
        """Of so many event batches and claims the answer is lost after they took effect."""
        self.forget = False
        """Keep of each event only that it came: for tests that measure memory."""
        self.refuse_message: str | None = None
        """A batch with this in it is refused as invalid."""
        self.lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Listen (again, at the same port)."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                api.handle(self)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Stop listening: connections are refused."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._server = None

    def close(self) -> None:
        if self._server is not None:
            self.down()

    def add(self, job: Job) -> StoredAttempt:
        """An attempt that was claimed already."""
        stored = self.attempts[job.attempt_id] = StoredAttempt(job)
        return stored

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        if self._server is None:  # a connection kept alive over `down`
            request.close_connection = True
            return
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if request.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        parts = request.path.removeprefix("/api/v1/worker/").split("/")
        with self.lock:
            if not self.forget:
                self.bodies.append(body)
            try:
                status, answer, lost = self._answer(parts, token, body)
            except Exception as error:
                self.problems.append(f"{request.path}: {error}")
                status, answer, lost = 422, _problem(422, "invalid", str(error)), False
        if lost:
            request.close_connection = True
            return
        content = answer.encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _answer(self, parts: list[str], token: str, body: bytes) -> tuple[int, str, bool]:
        if parts[0] == "attempts":
            return self._attempt(parts[1], parts[2], token, body)
        if self.refuse_tokens or token != TOKEN:
            return 401, _problem(401, "unauthorized", "No such token."), False
        match parts:
            case ["register"]:
                known = WorkerRegister.model_validate_json(body)
                self.workers[known.worker_id] = known
                answer = Registered(
                    worker_id=known.worker_id, lease_seconds=30, heartbeat_seconds=0.2
                )
                return 200, answer.model_dump_json(), False
            case ["claims"]:
                claim = ClaimRequest.model_validate_json(body)
                if claim.worker_id not in self.workers:
                    return 404, _problem(404, "worker-not-found", "Register first."), False
                return 200, *self._claim(claim)
            case [worker_id, _] if worker_id not in self.workers:
                return 404, _problem(404, "worker-not-found", "Register first."), False
            case [_, "heartbeat"]:
                self.worker_beats.append(WorkerHeartbeat.model_validate_json(body))
                return 200, WorkerOrders(drain=self.drain).model_dump_json(), False
            case [worker_id, "leave"]:
                self.left.append(worker_id)
                return 204, "", False
        return 404, _problem(404, "not-found", "No such route."), False

    def _claim(self, claim: ClaimRequest) -> tuple[str, bool]:
        if claim.claim_id not in self.claims:
            job = self.queue.pop(0) if self.queue else None
            if job is not None:
                self.add(job)
            self.claims[claim.claim_id] = Claim(job=job)
        return self.claims[claim.claim_id].model_dump_json(), self._loses()

    def _attempt(self, attempt: str, what: str, token: str, body: bytes) -> tuple[int, str, bool]:
        stored = self.attempts[attempt]
        if token != stored.job.attempt_token:
            return 401, _problem(401, "unauthorized", "Not the token of this attempt."), False
        if stored.stale:
            return 409, _problem(409, "stale-attempt", "A newer attempt was claimed."), False
        if what == "heartbeat":
            stored.heartbeats.append(AttemptHeartbeat.model_validate_json(body).counter)
            return 200, self._orders(stored), False
        if self.refuse_message is not None and self.refuse_message.encode() in body:
            return 422, _problem(422, "invalid-input", "This is refused."), False
        batch = EventBatch.model_validate_json(body).events
        numbers = [numbered.seq for numbered in batch]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        stored.batches.append(len(batch))
        last = len(stored.events)
        if numbers[-1] > last:
            if numbers[0] != last + 1:
                return 409, _problem(409, "wrong-seq", "Not the next.", last + 1), False
            events = [numbered.event for numbered in batch]
            stored.events += [FORGOTTEN for _ in events[:-1]] if self.forget else events[:-1]
            stored.events.append(events[-1])
        return 200, self._orders(stored), self._loses()

    def _loses(self) -> bool:
        lost = self.lose_answers > 0
        self.lose_answers -= lost
        return lost

    def _orders(self, stored: StoredAttempt) -> str:
        return AttemptOrders.model_validate(
            {"desired": stored.desired, "reason": stored.reason, "last_seq": len(stored.events)}
        ).model_dump_json()


def _problem(status: int, kind: str, detail: str, expected: int | None = None) -> str:
    return Problem(
        type=f"/problems/{kind}", title=kind, status=status, detail=detail, expected_seq=expected
    ).model_dump_json()


def job(number: int = 1, attempt: int = 1, **config: Any) -> Job:
    """A job whose ids are told by `number`."""
    return Job(
        run_id=f"run{number:09d}",
        run_name=f"run {number}",
        attempt_id=f"attempt{number:03d}n{attempt}",
        attempt=attempt,
        attempt_token=f"token-{number}-{attempt}",
        config=config,
    )


def lines(events: list[Any]) -> str:
    """Events as the trainer writes them."""
    return "".join(event.line() + "\n" for event in events)
