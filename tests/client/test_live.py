"""The client against the real API."""

import hashlib
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ahora.client import (
    Client,
    ConflictError,
    DownloadError,
    InvalidInputError,
    MetricsArrived,
    NotAllowedError,
    NotFoundError,
    OutdatedError,
    Ready,
    StreamEvent,
)
from ahora.config import RunConfig
from ahora.schemas.runs import Run
from ahora.status import RunStatus
from tests.backend.support import FakeWorker
from tests.client.live import Server, metrics_event, status_event


@pytest.fixture
def worker(server: Server) -> Iterator[FakeWorker]:
    made, http = server.worker()
    yield made
    http.close()


def test_a_run_from_launch_to_restore(api: Client) -> None:
    run = api.launch(
        "demo-sa-ah-grpo", overrides={"algorithm.alpha": 0.5}, tags=["client"], name="first"
    )
    assert (run.status, run.preset, run.alpha) == (RunStatus.QUEUED, "demo-sa-ah-grpo", 0.5)
    assert run.id in [each.id for each in api.runs(tags=["client"], status=[RunStatus.QUEUED])]
    assert list(api.runs(query="no such words at all")) == []

    edited = api.update(run.id, name="renamed", if_version=run.version)
    assert edited.name == "renamed"
    with pytest.raises(OutdatedError):
        api.update(run.id, name="again", if_version=run.version)

    twin = api.clone(run.id, overrides={"seed": 3}, name="twin")
    assert (twin.seed, twin.alpha, twin.parent_run_id) == (3, 0.5, run.id)

    for each in (run, twin):
        assert api.stop(each.id, reason="enough").status == RunStatus.STOPPED
    assert [change.to_status for change in api.timeline(run.id)] == ["queued", "stopped"]
    api.delete(run.id)
    assert [each.id for each in api.runs(deleted=True)] == [run.id]
    assert api.restore(run.id).deleted_at is None


def test_the_same_key_launches_one_run(api: Client) -> None:
    body = {"config": RunConfig().resolved(), "name": "once"}
    headers = {"Idempotency-Key": "0123456789abcdef"}
    transport = api._transport
    first = transport.call(Run, "POST", "/runs", body=body, headers=headers)
    second = transport.call(Run, "POST", "/runs", body=body, headers=headers)
    assert first.id == second.id
    with pytest.raises(ConflictError):
        transport.call(Run, "POST", "/runs", body={**body, "name": "other"}, headers=headers)
    api.stop(first.id)


def test_what_the_server_refuses_names_fields(api: Client) -> None:
    with pytest.raises(InvalidInputError) as caught:
        list(api.runs(sort="beauty"))
    assert [error.path for error in caught.value.errors] == ["sort"]
    with pytest.raises(NotFoundError, match="nope"):
        api.get("nope")
    run = api.launch({}, name="short")
    with pytest.raises(InvalidInputError, match="alpha"):
        api.clone(run.id, overrides={"algorithm.alpha": -1})
    api.stop(run.id)


def test_configuration_is_described_and_checked(api: Client) -> None:
    assert api.schema()["title"] == "RunConfig"
    checked = api.validate("demo-grpo", {"max_steps": 5})
    assert checked.config["max_steps"] == 5
    groups = api.registry().groups
    assert "Reward" in groups


def finish(worker: FakeWorker, job: dict[str, Any], *events: dict[str, Any], seq: int) -> None:
    answer = worker.events(job, seq, *events, status_event("completed"))
    assert answer.status_code == 200, answer.text


def test_waiting_sees_everything_a_run_reports(api: Client, worker: FakeWorker) -> None:
    run = api.launch({"max_steps": 3}, name="watched")
    seen: list[StreamEvent] = []
    began = threading.Event()

    def work() -> None:
        began.wait(30)
        job = worker.job()
        assert job["run_id"] == run.id
        assert worker.events(job, 1, status_event("running")).status_code == 200
        steps = [metrics_event(step, **{"eval/pass@1": 0.5}) for step in (0, 1, 2, 3)]
        finish(worker, job, {"type": "log", "message": "hello"}, *steps, seq=2)

    def on_event(event: StreamEvent) -> None:
        seen.append(event)
        began.set()

    thread = threading.Thread(target=work)
    thread.start()
    ended = api.wait(run.id, timeout=30, on_event=on_event)
    thread.join()
    assert ended.status == RunStatus.COMPLETED
    points = [point for each in seen if isinstance(each, MetricsArrived) for point in each.points]
    assert [point.step for point in points] == [0, 1, 2, 3]

    (series,) = api.metrics([run.id], ["reward"])
    assert (series.steps, series.values) == ([0, 1, 2, 3], [0.0, 0.1, 0.2, 0.3])
    assert {each.key for each in api.summaries(run.id)} == {"reward", "eval/pass@1"}
    assert "hello" in [line.message for line in api.logs(run.id)]
    assert api.compare([run.id]).runs[0].run_id == run.id
    exported = json.loads(api.export(run.id))
    assert exported["run"]["id"] == run.id
    assert b"reward" in api.export(run.id, "csv")
    assert api.rollouts(run.id) == []
    assert [each.name for each in api.projects()] == ["default"]


def test_waiting_sees_what_came_between_ready_and_the_look_at_the_run(
    api: Client, worker: FakeWorker
) -> None:
    run = api.launch({"max_steps": 2}, name="quick")
    job = worker.job()
    assert job["run_id"] == run.id
    seen: list[int] = []

    def on_event(event: StreamEvent) -> None:
        if isinstance(event, Ready) and not seen:
            finish(worker, job, status_event("running"), metrics_event(1), metrics_event(2), seq=1)
        if isinstance(event, MetricsArrived):
            seen.extend(point.step for point in event.points)

    assert api.wait(run.id, timeout=30, on_event=on_event).status == RunStatus.COMPLETED
    assert seen == [1, 2]


def test_waiting_survives_a_killed_and_restarted_server(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        with server.client() as api:
            run = api.launch({"max_steps": 4})
            fake, http = server.worker()
            job = fake.job()
            fake.events(job, 1, status_event("running"), metrics_event(1))
            half, seen = threading.Event(), []

            def on_event(event: StreamEvent) -> None:
                if isinstance(event, MetricsArrived):
                    seen.extend(point.step for point in event.points)
                    half.set()

            result: list[Run] = []
            waiting = threading.Thread(
                target=lambda: result.append(api.wait(run.id, timeout=60, on_event=on_event))
            )
            waiting.start()
            # the stream starts now, whenever that is: a point a time until one has arrived
            sent = 1
            while not half.is_set():
                sent += 1
                fake.events(job, sent + 1, metrics_event(sent))
                half.wait(0.5)
            server.stop(signal.SIGKILL)
            server.start()
            finish(fake, job, metrics_event(sent + 1), metrics_event(sent + 2), seq=sent + 2)
            waiting.join(60)
            http.close()
            assert result[0].status == RunStatus.COMPLETED
            assert seen == list(range(seen[0], sent + 3))
    finally:
        server.stop()


def test_a_checkpoint_is_downloaded_and_its_hash_checked(
    api: Client, worker: FakeWorker, server: Server, tmp_path: Path
) -> None:
    run = api.launch({"max_steps": 1})
    with pytest.raises(NotFoundError, match="no checkpoint yet"):
        api.download(run.id, tmp_path)
    job = worker.job()
    path = f"runs/{run.id}/attempt-1/step-000001"
    folder = server.home / "artifacts" / path / "sub"
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(b"weights" * 1000)
    digest = hashlib.sha256(b"weights" * 1000).hexdigest()
    file = {"path": "sub/weights.safetensors", "size": 7000, "sha256": digest}
    saved = {"type": "checkpoint", "step": 1, "kind": "model", "path": path, "files": [file]}
    finish(worker, job, status_event("running"), saved, seq=1)

    assert api.download(run.id, tmp_path / "to") == tmp_path / "to"
    assert (tmp_path / "to/sub/weights.safetensors").read_bytes() == b"weights" * 1000
    (folder / "weights.safetensors").write_bytes(b"weighty" * 1000)
    with pytest.raises(DownloadError, match="damaged"):
        api.download(run.id, tmp_path / "again")
    assert list((tmp_path / "again").rglob("*.*")) == []
    with pytest.raises(NotFoundError, match="no checkpoint 'x'"):
        api.download(run.id, tmp_path, "x")


def test_tokens_open_and_stop_opening(api: Client, server: Server) -> None:
    made = api.create_token("guest")
    assert made.id in [token.id for token in api.tokens()]
    with Client(server.url, made.secret) as guest:
        assert guest.me().name == "guest"
        api.revoke_token(made.id)
        with pytest.raises(NotAllowedError):
            guest.me()
    worker_token = api.create_token("machine", "worker")
    with Client(server.url, worker_token.secret) as other, pytest.raises(NotAllowedError):
        list(other.runs())


def test_a_login_url_logs_in_once(api: Client) -> None:
    url = api.login_url()
    assert url.startswith(f"{api.url}/login?code=")
    login, body = f"{api.url}/api/v1/auth/login", {"code": url.rpartition("=")[2]}
    with httpx.Client(trust_env=False, headers={"Origin": api.url}) as browser:
        assert browser.post(login, json=body).status_code == 200
        assert browser.get(f"{api.url}/api/v1/auth/me").status_code == 200
        assert browser.post(login, json=body).status_code >= 400


def test_workers_and_queues_are_listed(api: Client, worker: FakeWorker) -> None:
    assert worker.id in [each.id for each in api.workers()]
    assert {each.name for each in api.queue()} >= {"cpu"}
