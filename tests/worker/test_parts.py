"""The parts of the worker on their own: tail, spool, output, outcome, slots, settings, store."""

import json
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from ahora.events import CheckpointEvent, CheckpointFile, LogEvent, MetricsEvent, StatusEvent
from ahora.schemas.workers import Device
from tests.worker.contract import lines
from worker.devices import default_cpu_slots, slots, visible
from worker.outcome import Wanted, lost_with_worker, outcome
from worker.output import LineSplitter, OutputCapture
from worker.settings import WorkerSettings
from worker.spool import Spool, SpoolFullError, SpoolReader
from worker.store import ArtifactStore
from worker.tail import EventTail


def metrics(step: int) -> MetricsEvent:
    return MetricsEvent(step=step, elapsed=1, tokens=1, values={"reward": 0.5})


def test_the_tail_gives_out_whole_lines_and_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert list(tail.read()) == []
    text = lines([metrics(1), metrics(2)])
    path.write_text(text[:-10])
    (first,) = tail.read()
    assert first == (metrics(1).model_copy(update={"time": first[0].time}), text.index("\n") + 1)
    path.write_text(text)
    assert [event.step for event, _ in tail.read()] == [2]
    assert tail.offset == len(text)
    path.write_text(text + lines([metrics(3)]))
    assert [event.step for event, _ in EventTail(path, first[1]).read()] == [2, 3]


def test_a_line_that_is_too_long_is_left_out_and_held_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("x" * 5_000_000 + "\n" + lines([metrics(1)]) + "y" * 4_000)
    tail = EventTail(path, most_bytes=3000)
    events = [event for event, _ in tail.read()]
    assert isinstance(events[0], LogEvent)
    assert "more than" in events[0].message
    assert isinstance(events[1], MetricsEvent)
    assert len(tail._pending) <= 3000
    (last,) = tail.read(last=True)
    assert "more than" in last[0].message


def test_a_spool_is_reopened_where_it_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "spool.jsonl"
    spool = Spool(path)
    spool.append([metrics(1), metrics(2)], tail=70)
    spool.close()
    with path.open("a") as file:
        file.write('{"seq":3,"tail":99,"ev')
    again = Spool(path)
    assert (again.last_seq, again.tail, again.ended) == (2, 70, False)
    again.append([StatusEvent(status="completed")], tail=90)
    again.close()
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1, 2, 3]
    last = Spool(path)
    assert last.ended
    last.close()


def test_batches_are_bounded_and_can_start_anywhere(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append([metrics(step) for step in range(1, 101)], tail=0)
    reader = SpoolReader(spool.path)
    assert [line.seq for line in reader.batch(0, 3, 10_000)] == [1, 2, 3]
    assert [line.seq for line in reader.batch(3, 3, 10_000)] == [4, 5, 6]
    assert [line.seq for line in reader.batch(3, 2, 10_000)] == [4, 5]
    assert [line.seq for line in reader.batch(98, 3, 10_000)] == [99, 100]
    assert [line.seq for line in reader.batch(0, 3, 10)] == [1]
    assert reader.batch(100, 3, 10_000) == []
    with pytest.raises(LookupError):
        reader.batch(101, 3, 10_000)
    spool.close()


def test_infinities_and_nan_pass_through_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    values = {"a": float("nan"), "b": float("-inf")}
    spool.append([MetricsEvent(step=1, elapsed=1, tokens=1, values=values)], tail=0)
    (line,) = SpoolReader(spool.path).batch(0, 10, 1000)
    assert line.event["values"] == {"a": "NaN", "b": "-Infinity"}
    spool.close()


def test_lines_survive_any_cut() -> None:
    data = "ä long line\nsecond\r\n10%\r90%\r100%\nlast".encode()
    for cut in range(1, len(data)):
        given: list[str] = []
        splitter = LineSplitter(given.append)
        for piece in (data[:cut], data[cut:], b""):
            splitter.feed(piece)
        assert given == ["ä long line", "second", "100%", "last"]


def test_an_endless_line_is_held_only_in_part() -> None:
    given: list[str] = []
    splitter = LineSplitter(given.append)
    for _ in range(1000):
        splitter.feed(b"z" * 65_536)
    assert len(splitter._pending) < 20_000
    splitter.feed(b"\n")
    assert given[0].endswith(f"({65_536_000 - 4000} more left out)")


def test_a_backlog_of_output_stays_small() -> None:
    code = "for i in range(200_000): print('line', i)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        capture = OutputCapture(process.stdout, process.stderr)
        process.wait()
        capture.finish()
    taken = capture.take(last=True)
    assert len(taken) == 1000 + 1 + 50
    assert taken[1000].message.startswith("198950 lines of output were left out")
    assert taken[-1].message == "line 199999"


def test_the_trainers_own_end_counts_unless_the_worker_wanted_it() -> None:
    completed = StatusEvent(status="completed")
    stopped = StatusEvent(status="stopped")
    assert outcome(completed, 0, Wanted.SHUTDOWN) is completed
    assert outcome(stopped, 0, Wanted.SHUTDOWN).status == "queued"
    assert outcome(None, -15, Wanted.ORPHAN).status == "queued"
    assert outcome(stopped, 0, Wanted.STOP, reason="why").reason == "why"
    ended = outcome(None, -15, Wanted.STOP, reason="why").reason
    assert ended.startswith("why. The trainer ended before")
    assert outcome(None, -9, Wanted.STOP, killed=True).status == "stopped"
    crash = outcome(None, 1, Wanted.NOTHING, stderr="x" * 10_000)
    assert crash.status == "failed"
    assert len(crash.reason) <= 4000


def test_the_backend_learns_that_a_run_was_lost_with_its_worker() -> None:
    lost = lost_with_worker()
    assert (lost.status, lost.error_type) == ("queued", "worker_lost")


def test_slots_of_a_machine_without_gpus() -> None:
    (first, second) = slots(["cpu"], 2)
    assert (first.index, second.index) == (0, 1)
    assert {slot.cuda_visible for slot in (first, second)} == {""}
    assert first.threads >= 1
    assert first.device.memory_gb > 0


@pytest.mark.parametrize(("cores", "expected"), [(1, 1), (2, 2), (4, 2), (16, 4), (64, 16)])
def test_two_runs_fit_side_by_side_where_there_are_two_cores(cores: int, expected: int) -> None:
    assert default_cpu_slots(cores) == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, ["GPU-a1", "GPU-b2", "GPU-b3"]),
        ("", []),
        ("2,0", ["GPU-b3", "GPU-a1"]),
        ("GPU-a", ["GPU-a1"]),
        ("GPU-b", []),
        ("1,-1,0", ["GPU-b2"]),
        ("NoDevFiles", []),
    ],
)
def test_cuda_visible_devices_narrows_the_gpus(setting: str | None, expected: list[str]) -> None:
    every = [
        (Device(kind="cuda", index=index, name="H100", memory_gb=80), uuid)
        for index, uuid in enumerate(["GPU-a1", "GPU-b2", "GPU-b3"])
    ]
    assert [uuid for _, uuid in visible(every, setting)] == expected


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AHORA_HOME", str(tmp_path))
    monkeypatch.setenv("AHORA_QUEUES", "cpu, gpu")
    monkeypatch.setenv("AHORA_LABELS", "a100,nvlink")
    monkeypatch.setenv("AHORA_TOKEN", "")
    settings = WorkerSettings()
    assert settings.queues == ["cpu", "gpu"]
    assert settings.labels == ["a100", "nvlink"]
    assert settings.redis_url == f"redis+socket://{tmp_path}/redis/redis.sock"
    with pytest.raises(ValueError, match="No worker token"):
        settings.read_token()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/worker.token").write_text(" secret\n")
    assert settings.read_token() == "secret"
    assert WorkerSettings(url="http://host/").url == "http://host"
    with pytest.raises(ValidationError):
        WorkerSettings(slots=0)


def test_a_store_has_one_identity_for_all_who_reach_it(tmp_path: Path) -> None:
    found: list[str] = []

    def look() -> None:
        found.append(ArtifactStore(str(tmp_path / "store")).identity)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert ArtifactStore(f"file://{tmp_path}/store").identity == found[0]
    assert ArtifactStore(str(tmp_path / "other")).identity != found[0]
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["ahora-store.json"]


def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for url in ("nonsense://bucket", str(tmp_path / "file/store")):
        with pytest.raises(ValueError, match=r"The artifact store .* cannot be used"):
            ArtifactStore(url)


def test_a_store_that_is_no_local_folder_keeps_the_same_files(tmp_path: Path) -> None:
    store = ArtifactStore("memory://bucket/artifacts")
    (tmp_path / "checkpoints/step-000001").mkdir(parents=True)
    (tmp_path / "checkpoints/step-000001/model.safetensors").write_text("weights")
    event = CheckpointEvent(
        step=1,
        kind="model",
        path="checkpoints/step-000001",
        files=[CheckpointFile(path="model.safetensors", size=7, sha256="0")],
    )
    kept = store.keep(event, tmp_path, "runs/a/attempt-1")
    assert kept.path == "runs/a/attempt-1/step-000001"
    content = store._fs.cat_file(f"{store._root}/{kept.path}/model.safetensors")
    assert content == b"weights"
    assert store.identity == store.identity
    store.remove("runs/a/attempt-1", 1)
    assert not store._fs.exists(f"{store._root}/{kept.path}")
    store.remove("runs/a/attempt-1", 1)


def test_a_spool_waits_for_room_on_its_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append([metrics(1)], tail=10)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    asked: list[int] = []

    def patience() -> bool:
        asked.append((tmp_path / "spool.jsonl").stat().st_size)
        if len(asked) == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return True

    spool.patience = patience
    size = spool.path.stat().st_size
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
        spool.append([metrics(2)], tail=20)
        assert asked == [size, size], "no part of a line is left while it waits"
        resource.setrlimit(resource.RLIMIT_FSIZE, (spool.path.stat().st_size, hard))
        spool.patience = lambda: False
        with pytest.raises(SpoolFullError, match=r"spool\.jsonl"):
            spool.append([metrics(3)], tail=30)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert [line.seq for line in SpoolReader(spool.path).batch(0, 10, 10_000)] == [1, 2]
    spool.close()
