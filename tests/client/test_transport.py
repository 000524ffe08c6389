"""Retries, idempotency and errors."""

import itertools
import json
from collections.abc import Callable

import httpx
import pytest

from ahora.client import (
    AhoraError,
    ApiError,
    Client,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    OutdatedError,
    ServerUnreachableError,
)
from ahora.client.transport import LONGEST_PAUSE, Transport
from tests.client.examples import problem, run

Serve = Callable[[Callable[[httpx.Request], httpx.Response]], Client]


def test_a_launch_is_repeated_with_the_same_key_until_it_is_answered(serve: Serve) -> None:
    keys, bodies = [], []
    answers = iter([httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), 503, 201])

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        bodies.append(request.content)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, json=json.loads(run().model_dump_json()))

    launched = serve(handler).launch({"max_steps": 2})
    assert launched.id == "aaaaaaaaaaaa"
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert len(set(bodies)) == 1


def test_each_launch_has_its_own_key(serve: Serve) -> None:
    keys = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(201, content=run().model_dump_json())

    serve(handler).launch({}, seeds=[0, 1, 2])
    assert len(set(keys)) == 3


def test_a_token_is_not_made_twice_when_the_answer_was_lost(serve: Serve) -> None:
    calls = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        raise httpx.ReadTimeout("slow")

    with pytest.raises(ServerUnreachableError):
        serve(handler).create_token("mine")
    assert len(calls) == 1


def test_what_never_left_is_repeated_even_for_a_token(serve: Serve) -> None:
    calls = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        raise httpx.ConnectError("refused")

    with pytest.raises(ServerUnreachableError, match="refused"):
        serve(handler).create_token("mine")
    assert len(calls) == 4


def test_retries_are_bounded_and_the_error_names_address_and_remedy(serve: Serve) -> None:
    calls = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(503, json=problem(503, "starting"))

    with pytest.raises(ApiError, match="starting") as caught:
        serve(handler).get("a")
    assert caught.value.status == 503
    assert len(calls) == 4

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    with pytest.raises(ServerUnreachableError, match=r"http://127\.0\.0\.1:1.*ahora up"):
        serve(refuse).get("a")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInputError),
        (401, NotAllowedError),
        (403, NotAllowedError),
        (404, NotFoundError),
        (409, ConflictError),
        (412, OutdatedError),
        (422, InvalidInputError),
        (500, ApiError),
    ],
)
def test_a_problem_becomes_an_error_of_its_class(
    serve: Serve, status: int, kind: type[ApiError]
) -> None:
    calls = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(status, json=problem(status, "What is wrong."))

    with pytest.raises(kind, match="What is wrong") as caught:
        serve(handler).get("a")
    assert type(caught.value) is kind
    assert len(calls) == 1


def test_invalid_fields_are_listed_with_their_remedy(serve: Serve) -> None:
    field = {"path": "name", "message": "is taken", "remedy": "Choose another."}
    client = serve(
        lambda request: httpx.Response(422, json=problem(422, "Invalid.", errors=[field]))
    )
    with pytest.raises(InvalidInputError) as caught:
        client.stop("a")
    assert str(caught.value) == "Invalid.\n  name: is taken. Choose another."


def test_an_error_that_is_no_problem_body_is_still_readable(serve: Serve) -> None:
    client = serve(lambda request: httpx.Response(413, text="<html>too large</html>"))
    with pytest.raises(ApiError, match="413 Request Entity Too Large"):
        client.get("a")


def test_an_answer_of_another_server_is_named_as_such(serve: Serve) -> None:
    client = serve(lambda request: httpx.Response(200, text="<html>a router</html>"))
    with pytest.raises(AhoraError, match="right address"):
        client.get("a")


def test_fields_of_a_newer_server_are_passed_over(serve: Serve) -> None:
    body = {**json.loads(run().model_dump_json()), "mood": "good"}
    assert serve(lambda request: httpx.Response(200, json=body)).get("a").name == "a run"


def test_ids_cannot_change_the_path(serve: Serve) -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404, json=problem(404, "no"))

    with pytest.raises(NotFoundError):
        serve(handler).get("../tokens?x")
    assert seen == [b"/api/v1/runs/..%2Ftokens%3Fx"]


def test_pauses_grow_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ahora.client.transport.time.sleep", slept.append)
    from ahora.client.connection import Connection

    transport = Transport(Connection("http://127.0.0.1:1", "t"), pause=0.2)
    for attempt in range(12):
        transport.wait(attempt)
    transport.wait(0, retry_after="3")
    transport.wait(9, most=0.5)
    transport.close()
    assert 0.15 <= slept[0] <= 0.25
    assert all(later > earlier for earlier, later in itertools.pairwise(slept[:6]))
    assert max(slept) == LONGEST_PAUSE
    assert slept[-2:] == [3.0, 0.5]
