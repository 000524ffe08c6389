"""Checkpoints a job starts from: local or fetched, whole or damaged, and orders meanwhile."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ahora.events import CheckpointFile, ResumedEvent, StatusEvent
from ahora.schemas.workers import Job, StoredCheckpoint
from ahora.status import RunStatus
from tests.worker.conftest import Bench
from tests.worker.contract import job, until
from worker import inputs
from worker.inputs import InputError, Inputs, InterruptedInputs, StoreUnavailableError
from worker.store import ArtifactStore

FILES = {"model.safetensors": b"weights", "state/rng.json": b"{}"}
SHOW = """
import json
note("inputs", json.dumps({key: value for key, value in json.loads(run_json.read_text()).items()
                           if key in ("resume_from", "initialise_from", "job", "checkpoint")}))
status("running")
status("completed")
"""


def saved(store: ArtifactStore, step: int, attempt: int = 1, **changed: bytes) -> StoredCheckpoint:
    """A checkpoint in `store`; `changed` are contents that differ from what was announced."""
    path = f"runs/run000000001/attempt-{attempt}/step-{step:06d}"
    for name, content in FILES.items():
        stem = Path(name).stem
        store._fs.makedirs(f"{store._root}/{path}/state", exist_ok=True)
        store._fs.pipe_file(f"{store._root}/{path}/{name}", changed.get(stem, content))
    files = [
        CheckpointFile(path=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in FILES.items()
    ]
    return StoredCheckpoint(
        id=f"c{step}",
        run_id="run000000001",
        step=step,
        kind="model",
        path=path,
        files=files,
        store=store.identity,
    )


def resuming(*checkpoints: StoredCheckpoint, begin: StoredCheckpoint | None = None) -> Job:
    given = {"resume_from": list(checkpoints), "from_checkpoint": begin}
    return job(attempt=2).model_copy(update=given)


def shown(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bench.noted("inputs"))
    return found


def resumed(stored: Any) -> list[int]:
    return [event.step for event in stored.events if isinstance(event, ResumedEvent)]


@pytest.fixture
def remote() -> ArtifactStore:
    """A store that is no local folder."""
    store = ArtifactStore("memory://bucket")
    store._fs.rm(store._root, recursive=True)
    return ArtifactStore("memory://bucket")


def test_a_local_store_gives_its_own_folders_newest_first(bench: Bench) -> None:
    new, old = saved(bench.store, 20), saved(bench.store, 10)
    bench.run(SHOW, resuming(new, old))
    root = bench.folder / "store"
    assert shown(bench) == {"resume_from": [str(root / new.path), str(root / old.path)]}


def test_a_first_attempt_starts_from_nothing(bench: Bench) -> None:
    stored = bench.run(SHOW)
    assert shown(bench) == {"resume_from": []}
    assert resumed(stored) == []


def test_a_damaged_checkpoint_is_left_out_and_told(bench: Bench) -> None:
    short, old = saved(bench.store, 20, model=b"w"), saved(bench.store, 10)
    stored = bench.run(SHOW, resuming(short, old))
    assert shown(bench)["resume_from"] == [str(bench.folder / "store" / old.path)]
    assert any("step 20 cannot be used: model.safetensors has 1 bytes" in x for x in stored.logs())
    assert resumed(stored) == [], "the trainer says where it starts"


def test_without_any_usable_checkpoint_the_run_begins_anew_and_says_so(bench: Bench) -> None:
    gone = saved(bench.store, 20)
    bench.store.remove("runs/run000000001/attempt-1", 20)
    elsewhere = saved(bench.store, 10).model_copy(update={"store": "another"})
    stored = bench.run(SHOW, resuming(gone, elsewhere))
    assert shown(bench)["resume_from"] == []
    assert resumed(stored) == [0]
    assert any("is not in the artifact store any more" in line for line in stored.logs())
    assert any("another artifact store" in line for line in stored.logs())


def test_a_child_is_given_its_parents_checkpoint_and_its_own(bench: Bench) -> None:
    begin, own = saved(bench.store, 30), saved(bench.store, 5, attempt=2)
    bench.run(SHOW, resuming(begin=begin))
    folder = str(bench.folder / "store" / begin.path)
    assert shown(bench) == {"resume_from": [], "initialise_from": folder}

    def later(attempt: str) -> dict[str, Any]:
        (bench.folder / "inputs").unlink()
        bench.run(SHOW, resuming(own, begin=begin).model_copy(update={"attempt_id": attempt}))
        return shown(bench)

    resumes = {"resume_from": [str(bench.folder / "store" / own.path)]}
    assert later("attempt001n3") == resumes | {"initialise_from": folder}
    bench.store.remove("runs/run000000001/attempt-1", 30)
    assert later("attempt001n4") == resumes, "it has come far enough without"


def test_a_child_whose_parents_checkpoint_is_gone_fails_with_the_reason(bench: Bench) -> None:
    begin = saved(bench.store, 30)
    bench.store.remove("runs/run000000001/attempt-1", 30)
    stored = bench.run(SHOW, resuming(begin=begin))
    assert stored.final is not None
    assert (stored.final.status, stored.final.error_type) == ("failed", "checkpoint_not_found")
    assert "model.safetensors is not in the artifact store" in stored.final.reason


def test_a_job_on_a_checkpoint_is_given_its_folder_and_nothing_to_go_on_from(bench: Bench) -> None:
    given = saved(bench.store, 30)
    order = {"spec": {"kind": "sample", "prompt": "1+1"}, "facts": None}
    which = resuming(begin=given).model_copy(update={"kind": "sample", **order})
    bench.run(SHOW, which)
    folder = str(bench.folder / "store" / given.path)
    assert shown(bench) == {"job": order, "checkpoint": folder}


def test_another_store_is_read_file_by_file_and_checked(
    remote: ArtifactStore, tmp_path: Path
) -> None:
    damaged, whole, older = saved(remote, 30, model=b"WEIGHTS"), saved(remote, 20), saved(remote, 1)
    warnings: list[str] = []
    found = Inputs(remote, tmp_path, lambda _: None).newest(
        [damaged, whole, older], warnings.append
    )
    assert len(found) == 1, "one whole checkpoint is enough"
    for name, content in FILES.items():
        assert (found[0] / name).read_bytes() == content
    assert warnings == [
        "The checkpoint of step 30 cannot be used: model.safetensors is not what was saved (its "
        "hash differs)."
    ]


def test_no_file_leaves_the_folder(remote: ArtifactStore, tmp_path: Path) -> None:
    bad = saved(remote, 20)
    bad.files[0].path = "../../escaped"
    with pytest.raises(InputError, match="leaves its folder"):
        Inputs(remote, tmp_path / "in", lambda _: None).folder(bad)


def test_a_store_that_fails_is_tried_again_and_then_the_run_is(
    remote: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    def away(path: str) -> Any:
        raise ConnectionError("no route")

    monkeypatch.setattr(remote, "open", away)
    waited: list[float] = []
    checkpoint = saved(remote, 20)
    with pytest.raises(StoreUnavailableError, match="no route"):
        Inputs(remote, tmp_path, waited.append).folder(checkpoint)
    assert waited == list(inputs.RETRY_AFTER)

    monkeypatch.setattr(inputs, "RETRY_AFTER", (0.01,))
    bench.store = remote
    stored = bench.run(SHOW, resuming(checkpoint))
    assert stored.final is not None
    assert (stored.final.status, stored.final.error_type) == ("failed", "store_unavailable")
    assert resumed(stored) == [], "it did not begin anew"


@pytest.mark.parametrize(
    ("desired", "status"), [("stop", RunStatus.STOPPED), ("pause", RunStatus.PAUSED)]
)
def test_an_order_ends_a_download(
    remote: ArtifactStore,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    desired: str,
    status: RunStatus,
) -> None:
    def away(path: str) -> Any:
        raise ConnectionError("no route")

    monkeypatch.setattr(remote, "open", away)
    monkeypatch.setattr(inputs, "RETRY_AFTER", (600.0,))
    bench.store = remote
    stored = bench.start(SHOW, resuming(saved(remote, 20)))
    until(lambda: stored.heartbeats, "the attempt is there")
    stored.desired, stored.reason = desired, "Enough."
    bench.join()
    assert stored.final is not None
    assert stored.final.status == status
    assert stored.final.reason == "Enough. Its trainer had not started."


def test_waiting_ends_with_the_order(remote: ArtifactStore, tmp_path: Path) -> None:
    def ordered(seconds: float) -> None:
        raise InterruptedInputs

    with pytest.raises(InterruptedInputs):
        Inputs(remote, tmp_path, ordered).folder(saved(remote, 20))


SAVE_ON_TERM = """
def save():
    metrics(7)
    status("stopped", "Stopped as asked.")
    sys.exit(0)
stop_on_term(save)
status("running")
note("pid", os.getpid())
time.sleep(600)
"""


def test_a_pause_saves_and_frees_the_device(bench: Bench, gone: Callable[[int], bool]) -> None:
    stored = bench.start(SAVE_ON_TERM)
    pid = int(bench.noted("pid"))
    stored.desired, stored.reason = "pause", "Paused by me."
    bench.join()
    assert gone(pid)
    assert stored.final is not None
    assert stored.final.status == RunStatus.PAUSED
    assert stored.final.reason == "Paused by me. Stopped as asked."


def test_a_stop_overrules_a_pause_that_is_under_way(bench: Bench) -> None:
    stored = bench.start("""
def save():
    note("asked", "")
    wait_for("go")
    status("stopped")
    sys.exit(0)
stop_on_term(save)
status("running")
note("pid", os.getpid())
time.sleep(600)
""")
    bench.noted("pid")
    stored.desired = "pause"
    bench.noted("asked")
    stored.desired, stored.reason = "stop", "No, stop."
    beats = len(stored.heartbeats)
    until(lambda: len(stored.heartbeats) > beats + 2, "the order has arrived")
    (bench.folder / "go").touch()
    bench.join()
    final = stored.final
    assert isinstance(final, StatusEvent)
    assert (final.status, final.reason) == (RunStatus.STOPPED, "No, stop.")
