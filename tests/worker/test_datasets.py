"""A worker's cache of uploaded datasets, against a real API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.live import Server
from worker import datasets
from worker.api import WorkerApi
from worker.datasets import DatasetCache, named
from worker.inputs import InputError, InterruptedInputs, StoreUnavailableError


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def cache(server: Server, tmp_path: Path) -> Iterator[DatasetCache]:
    token = (server.home / "secrets" / "worker.token").read_text().strip()
    api = WorkerApi(server.url, token)
    yield DatasetCache(tmp_path / "datasets", api)
    api.close()


def upload(server: Server, path: Path, answer: int) -> str:
    path.write_text(f'{{"prompt": "{answer}=", "answer": {answer}}}\n' * 3)
    with server.client() as api:
        return api.upload_dataset(path).sha256


def at_once(_seconds: float) -> None:
    """Waits for nothing."""


def test_a_dataset_is_fetched_once_and_again_when_it_was_damaged(
    server: Server, cache: DatasetCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = upload(server, tmp_path / "a.jsonl", 1)
    path = cache.fetch(sha256, at_once)
    assert path.read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    calls = []
    fetch = WorkerApi.dataset
    monkeypatch.setattr(
        WorkerApi, "dataset", lambda api, which: calls.append(which) or fetch(api, which)
    )
    assert cache.fetch(sha256, at_once) == path
    assert calls == []
    path.write_text("other\n")
    assert cache.fetch(sha256, at_once).read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    assert calls == [sha256]
    # what was not used for longest makes room
    monkeypatch.setattr(datasets, "KEPT_BYTES", 10)
    other = cache.fetch(upload(server, tmp_path / "b.jsonl", 2), at_once)
    assert list(cache.folder.iterdir()) == [other]


def test_what_cannot_be_fetched_is_told_apart(
    server: Server, cache: DatasetCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="deleted from the server"):
        cache.fetch("0" * 64, at_once)
    sha256 = upload(server, tmp_path / "c.jsonl", 3)

    def stop(_seconds: float) -> None:
        raise InterruptedInputs

    with pytest.raises(InterruptedInputs):
        cache.fetch(sha256, stop)
    with monkeypatch.context() as patch:
        patch.setattr(WorkerApi, "dataset", lambda _api, _which: iter([b"something else"]))
        with pytest.raises(InputError, match="not what was uploaded"):
            cache.fetch(sha256, at_once)
    nobody = DatasetCache(cache.folder, WorkerApi("http://127.0.0.1:9", "x"))
    with pytest.raises(StoreUnavailableError):
        nobody.fetch(sha256, at_once)
    assert list(cache.folder.iterdir()) == []


def test_a_configuration_names_its_datasets() -> None:
    assert named({"data": {"kind": "jsonl", "dataset": "a", "eval_dataset": None}}) == ["a"]
    assert named({"data": {"kind": "multiplication"}}) == []
