"""Launching, listing and waiting, against a server that is a function."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ahora.client import (
    Client,
    InvalidInputError,
    MetricsArrived,
    NotFoundError,
    OutdatedError,
    Ready,
    RolloutsArrived,
    RunChanged,
    StreamEvent,
    WaitTimeoutError,
)
from ahora.config import RunConfig
from ahora.presets import list_presets
from tests.client.examples import problem, run, summary

Serve = Callable[[Callable[[httpx.Request], httpx.Response]], Client]


class Launches:
    """A server that knows the shipped presets and keeps what is launched."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/config/presets"):
            presets = [preset.model_dump(mode="json") for preset in list_presets()]
            return httpx.Response(200, json=presets)
        self.bodies.append(json.loads(request.content))
        return httpx.Response(201, content=run().model_dump_json())


def test_a_preset_is_launched_with_overrides_and_seeds(serve: Serve) -> None:
    server = Launches()
    runs = serve(server).launch(
        "demo-grpo",
        overrides={"optimizer.learning_rate": 1e-3},
        seeds=[4, 5],
        name="study",
        tags=["x"],
        project="p",
        priority=3,
    )
    assert len(runs) == 2
    assert [body["config"]["seed"] for body in server.bodies] == [4, 5]
    assert [body["name"] for body in server.bodies] == ["study seed 4", "study seed 5"]
    first = server.bodies[0]
    assert first["config"]["optimizer"]["learning_rate"] == 1e-3
    assert (first["preset"], first["tags"], first["project"], first["priority"]) == (
        "demo-grpo",
        ["x"],
        "p",
        3,
    )


def test_an_unknown_preset_names_those_there_are(serve: Serve) -> None:
    with pytest.raises(NotFoundError, match=r"'demo'.*demo-grpo"):
        serve(Launches()).launch("demo")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.yaml", "max_steps: 7\nalgorithm:\n  name: grpo\n"),
        ("run.json", '{"max_steps": 7, "algorithm": {"name": "grpo"}}'),
        ("preset.yml", "title: mine\nconfig:\n  max_steps: 7\n  algorithm: {name: grpo}\n"),
        ("export.json", '{"run": {"config": {"max_steps": 7, "algorithm": {"name": "grpo"}}}}'),
    ],
)
def test_a_file_is_launched(serve: Serve, tmp_path: Path, name: str, text: str) -> None:
    server = Launches()
    path = tmp_path / name
    path.write_text(text)
    serve(server).launch(path)
    serve(server).launch(str(path))
    for body in server.bodies:
        assert body["config"]["max_steps"] == 7
        assert body["config"]["algorithm"]["name"] == "grpo"
        assert body["preset"] is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("{a: [", "no valid YAML"), ("- 1\n", "holds no configuration"), ("\xff", "max")],
)
def test_a_file_that_is_no_configuration_is_refused_by_name(
    serve: Serve, tmp_path: Path, text: str, wrong: str
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=r"run\.yaml"):
        serve(Launches()).launch(path)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        serve(Launches()).launch(tmp_path / "absent.yaml")


def test_invalid_fields_are_found_before_anything_is_launched(serve: Serve) -> None:
    server = Launches()
    with pytest.raises(InvalidInputError) as caught:
        serve(server).launch(RunConfig(), overrides={"algorithm.alhpa": 1}, seeds=[0, 1])
    (error,) = caught.value.errors
    assert error.path == "algorithm.alhpa"
    assert "alpha" in error.remedy
    with pytest.raises(InvalidInputError, match="project"):
        serve(server).launch(RunConfig(), project="no spaces")
    assert server.bodies == []


def test_lists_are_read_page_by_page(serve: Serve) -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        asked.append((query.get("cursor"), query["limit"], query.get_list("status")))
        start = int(query.get("cursor", 0))
        items = [
            json.loads(summary(f"{n:012}").model_dump_json())
            for n in range(start, start + int(query["limit"]))
        ]
        return httpx.Response(
            200, json={"items": items, "next_cursor": str(start + len(items)), "total": 999}
        )

    found = list(serve(handler).runs(status=["running", "failed"], limit=250))
    assert [each.id for each in found] == [f"{n:012}" for n in range(250)]
    assert asked == [
        (None, "200", ["running", "failed"]),
        ("200", "50", ["running", "failed"]),
    ]


def test_an_edit_sends_only_what_was_given_and_the_version(serve: Serve) -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((json.loads(request.content), request.headers.get("If-Match")))
        if "If-Match" in request.headers:
            return httpx.Response(412, json=problem(412, "Somebody else was faster."))
        return httpx.Response(200, content=run().model_dump_json())

    client = serve(handler)
    client.update("a", tags=["x"])
    with pytest.raises(OutdatedError):
        client.update("a", name="n", if_version=4)
    assert seen == [({"tags": ["x"]}, None), ({"name": "n"}, '"4"')]


class Streamed(httpx.SyncByteStream):
    """Server-sent events, then a lost connection."""

    def __init__(self, *parts: str) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            yield part.encode()
        raise httpx.ReadError("connection reset")


def event(cursor: str, name: str, data: str) -> str:
    return f"id: {cursor}\nevent: {name}\ndata: {data}\n\n"


class Streams:
    """A server whose stream breaks after each of `connections`, and a run that ends when `done`."""

    def __init__(self, *connections: httpx.Response | Streamed) -> None:
        self.connections = list(connections)
        self.cursors: list[str | None] = []
        self.status = "running"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/stream"):
            return httpx.Response(200, content=run(status=self.status).model_dump_json())
        self.cursors.append(request.headers.get("Last-Event-ID"))
        if not self.connections:
            raise httpx.ConnectError("refused")
        answer = self.connections.pop(0)
        if isinstance(answer, Streamed):
            headers = {"Content-Type": "text/event-stream"}
            answer = httpx.Response(200, headers=headers, stream=answer)
        return answer


LATE = '{"run_id": "aaaaaaaaaaaa", "step": 4}'
POINTS = '{"run_id": "a", "points": [{"step": 1, "elapsed": 1.0, "tokens": 5, "values": {"reward": "NaN"}}]}'


def test_wait_goes_on_behind_the_last_event_after_a_disconnect(serve: Serve) -> None:
    final = summary(status="completed").model_dump_json()
    server = Streams(
        Streamed(event("1", "ready", "{}"), event("2", "metrics", POINTS)[:40]),
        httpx.Response(503, json=problem(503, "restarting")),
        Streamed(": keep-alive\n\n", event("2", "metrics", POINTS), event("2", "future", "{}")),
        Streamed(event("2", "ready", "{}"), event("3", "run", final)),
        Streamed(event("4", "rollouts", LATE), event("4", "ready", "{}")),
    )
    seen: list[StreamEvent] = []
    client = serve(server)
    ended = client.wait("aaaaaaaaaaaa", on_event=seen.append)
    assert ended.id == "aaaaaaaaaaaa"
    assert server.cursors == [None, "1", "1", "2", "3"]
    told = [Ready, MetricsArrived, Ready, RunChanged, RolloutsArrived]
    assert [type(each) for each in seen] == told
    assert isinstance(seen[1], MetricsArrived)
    assert str(seen[1].points[0].values["reward"]) == "nan"
    assert seen[1].cursor == "2"


def test_wait_returns_at_once_when_the_run_has_ended_before(serve: Serve) -> None:
    server = Streams(Streamed(event("1", "ready", "{}")), Streamed(event("1", "ready", "{}")))
    server.status = "failed"
    assert serve(server).wait("aaaaaaaaaaaa").status == "failed"


def test_wait_gives_up_after_its_time(serve: Serve) -> None:
    with pytest.raises(WaitTimeoutError, match=r"within 0\.2 s"):
        serve(Streams()).wait("aaaaaaaaaaaa", timeout=0.2)


def test_watch_gives_up_without_any_connection(serve: Serve) -> None:
    from ahora.client import ServerUnreachableError

    with pytest.raises(ServerUnreachableError, match="refused"):
        list(serve(Streams()).watch(["a"], patience=0.1))


def test_a_refused_stream_is_not_tried_again(serve: Serve) -> None:
    server = Streams(httpx.Response(404, json=problem(404, "No such run.")))
    with pytest.raises(NotFoundError, match="No such run"):
        next(iter(serve(server).watch(["nope"])))
    assert len(server.cursors) == 1
