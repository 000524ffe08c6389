"""pause, resume, retry, priority and clone --checkpoint, against the real API."""

from typing import Any

from ahora.cli.exits import Exit
from ahora.client import Client
from tests.backend.support import RUNNING, FakeWorker, checkpoint
from tests.cli.conftest import Run


def test_a_run_is_moved_paused_resumed_stopped_and_tried_again(
    ahora: Run, api: Client, worker: FakeWorker
) -> None:
    run = api.launch({"max_steps": 9}, name="moves")
    assert "queued, priority 7" in ahora("priority", "moves", "--to", "7").out
    assert ahora("pause", "moves", "--reason", "lunch").out.split()[-1] == "paused"
    assert ahora("resume", "moves", "--json").json["status"] == "queued"
    assert ahora("resume", "moves").code == Exit.OK, "repeating is harmless"

    job = worker.job()
    assert job["run_id"] == run.id
    worker.events(job, 1, RUNNING, checkpoint(job, 4, "model.safetensors"))
    assert ahora("pause", run.id[:8]).out.split()[-1] == "pausing"
    worker.events(job, 3, {"type": "status", "status": "paused"})
    refused = ahora("retry", "moves")
    assert refused.code == Exit.FAILED
    assert "is paused: it cannot be tried again now. Possible are: resume, stop" in refused.err
    assert ahora("stop", "moves").out.split()[-1] == "stopped"
    assert ahora("retry", "moves").out.split()[-3:] == ["queued,", "priority", "7"]
    job = worker.job()
    assert [each["step"] for each in job["resume_from"]] == [4]
    worker.events(job, 1, RUNNING, {"type": "status", "status": "failed", "reason": "no"})
    ahora("retry", "moves", "--from-start")
    assert worker.job()["resume_from"] == []

    shown = ahora("show", "moves").out
    for line in ("Priority 0 -> 7.", "lunch", "Tried again from the start by"):
        assert line in shown


def test_a_clone_begins_with_a_checkpoint(ahora: Run, api: Client, worker: FakeWorker) -> None:
    api.launch({"max_steps": 9}, name="parent", priority=50)
    job = worker.job()
    saved = [checkpoint(job, step, "model.safetensors") for step in (2, 4)]
    worker.events(job, 1, RUNNING, *saved, {"type": "status", "status": "completed"})
    newest, older = api.checkpoints(job["run_id"])

    def begun(*arguments: str) -> Any:
        made = ahora("clone", "parent", *arguments, "--json").json
        api.stop(made["id"])
        return made

    for reference, expected in (("newest", newest), ("2", older), (older.id, older)):
        made = begun("--checkpoint", reference, "--set", "algorithm.alpha=0.5")
        assert made["from_checkpoint"] == {
            "id": expected.id,
            "run_id": job["run_id"],
            "step": expected.step,
        }
        assert made["alpha"] == 0.5
    assert begun()["from_checkpoint"] is None
    missing = ahora("clone", "parent", "--checkpoint", "3")
    assert missing.code == Exit.NOT_FOUND
    assert "it has those of the steps: 4, 2" in missing.err
    wrong = ahora("clone", "parent", "--checkpoint", "2", "--set", "model.use_peft=true")
    assert wrong.code == Exit.USAGE
    assert "model.use_peft cannot be True" in wrong.err
