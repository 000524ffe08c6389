"""evaluate, sample and the export of models, against the real API and a worker that reports at once."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ahora.cli.exits import Exit
from ahora.client import Client, ConflictError, JobAsked, NotFoundError
from ahora.config import SampleSpec
from ahora.schemas.runs import Run as RunBody
from tests.backend.support import FakeWorker
from tests.cli.conftest import Run
from tests.client.live import Server, metrics_event, status_event

WEIGHTS = b"weights" * 1000


def checkpoint(server: Server, job: dict[str, Any], step: int, kind: str) -> dict[str, Any]:
    """A checkpoint whose files lie in the server's store."""
    path = f"runs/{job['run_id']}/attempt-{job['attempt']}/step-{step:06d}"
    folder = server.home / "artifacts" / path
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    file = {
        "path": "model.safetensors",
        "size": len(WEIGHTS),
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
    }
    return {"type": "checkpoint", "step": step, "kind": kind, "path": path, "files": [file]}


@pytest.fixture(scope="module")
def trained(server: Server) -> RunBody:
    """A LoRA run with the checkpoints of steps 2 and 4."""
    with server.client() as api:
        config = {"max_steps": 4, "model": {"use_peft": True}}
        run = api.launch(config, name="trained before", priority=100)
        fake, http = server.worker()
        job = fake.job()
        saved = [checkpoint(server, job, step, "adapter") for step in (2, 4)]
        fake.events(job, 1, status_event("running"), metrics_event(4), *saved)
        fake.events(job, 5, status_event("completed"))
        http.close()
        return api.get(run.id)


@contextmanager
def answering(worker: FakeWorker, *events: Any) -> Iterator[list[dict[str, Any]]]:
    """A worker that takes one job and reports `events` (or what a function of the job gives)."""
    taken: list[dict[str, Any]] = []
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            job = worker.claim().json()["job"]
            if job is not None:
                taken.append(job)
                told = [event(job) if callable(event) else event for event in events]
                worker.events(job, 1, status_event("running"), *told)
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


def result(**values: Any) -> dict[str, Any]:
    return {"type": "result", "result": values}


EVALUATED = result(
    kind="evaluate", metrics={"eval/pass@1": 0.625}, problems=8, data={"kind": "gsm8k"}, examples=[]
)
COMPLETION = {
    "text": "6+0=6", "tokens": ["6", "<eos>"], "token_ids": [8, 1], "entropy": [0.5, 0.1],
    "logprob": [-0.2, -0.1], "truncated": False,
}  # fmt: skip
SAMPLED = result(kind="sample", prompt="1*6=", prompt_tokens=4, completions=[COMPLETION] * 2)
EXPORTED = result(
    kind="export", what="merged", dtype="bfloat16", parameters=7, base_model="tiny",
    base_license=None, size=len(WEIGHTS),
)  # fmt: skip
DONE = status_event("completed")


def test_a_checkpoint_is_evaluated_on_another_dataset(
    ahora: Run, worker: FakeWorker, trained: RunBody, tmp_path: Path
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("data: {kind: multiplication, digits: 3}\nmax_steps: 5\n")
    options = ("--data", str(file), "--examples", "8", "--samples", "2", "--pass-k", "2")
    with answering(worker, EVALUATED, DONE) as taken:
        found = ahora("evaluate", trained.id, "--step", "2", *options, "--set", "seed=3")
    assert found.code == Exit.OK, found.err
    assert "0.625" in found.out
    assert "8 problems of gsm8k, checkpoint of step 2" in found.out
    spec = taken[0]["spec"]
    assert (spec["data"]["digits"], spec["pass_k"], spec["seed"]) == (3, [2], 3)
    with answering(worker, EVALUATED, DONE):
        as_json = ahora("evaluate", trained.id, "--json")
    assert as_json.json["result"]["metrics"] == {"eval/pass@1": 0.625}
    assert as_json.json["step"] == 4


def test_a_checkpoint_is_tried_on_a_prompt(
    ahora: Run, worker: FakeWorker, trained: RunBody
) -> None:
    with answering(worker, SAMPLED, DONE) as taken:
        options = ("-n", "2", "--raw", "--temperature", "0.7")
        found = ahora("sample", trained.id, "--prompt", "1*6=", *options)
    assert found.code == Exit.OK, found.err
    assert found.out == "6+0=6\n6+0=6\n"
    assert "#2: 2 tokens, entropy 0.3 nats" in found.err
    assert taken[0]["spec"]["template"] is False
    assert taken[0]["config"]["rollout"]["temperature"] == 0.7


def test_a_model_is_exported_and_downloaded(
    ahora: Run, api: Client, server: Server, worker: FakeWorker, trained: RunBody, tmp_path: Path
) -> None:
    def saved(job: dict[str, Any]) -> dict[str, Any]:
        return checkpoint(server, job, 4, "model")

    folder = tmp_path / "model"
    with answering(worker, saved, EXPORTED, DONE) as taken:
        options = ("--merged", "--dtype", "bfloat16", "--to", str(folder))
        found = ahora("export", trained.id, *options)
    assert found.code == Exit.OK, found.err
    assert found.out == f"{folder}\n"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (taken[0]["spec"]["what"], taken[0]["spec"]["dtype"]) == ("merged", "bfloat16")
    assert ahora("export", trained.id, "--merged", "--adapter").code == Exit.USAGE
    assert ahora("export", trained.id, "--step", "2").code == Exit.USAGE
    # jobs are found by their id alone, and by nothing else
    (job, *_) = api.jobs(trained.id)
    assert ahora("logs", job.id).code == Exit.OK
    assert ahora("logs", job.id[:6]).code == Exit.NOT_FOUND


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("evaluate", "RUN", "--step", "3"), Exit.NOT_FOUND, "no checkpoint of step 3; it has"),
        (("evaluate", "RUN", "--set", "frobs=1"), Exit.USAGE, "spec.frobs"),
        (("evaluate", "RUN", "--data", "arithmetic"), Exit.USAGE, "spec.data.kind"),
        (("evaluate", "RUN", "--data", "nope.yaml"), Exit.USAGE, "nope.yaml"),
        (("sample", "RUN", "--prompt", ""), Exit.USAGE, "spec.prompt"),
        (("export", "RUN", "--adapter", "--dtype", "float16"), Exit.USAGE, "spec.dtype"),
        (("sample", "nosuchrun", "--prompt", "1"), Exit.NOT_FOUND, "nosuchrun"),
    ],
)
def test_what_cannot_be_done_is_told_before(
    ahora: Run, trained: RunBody, arguments: tuple[str, ...], code: Exit, told: str
) -> None:
    found = ahora(*(trained.id if each == "RUN" else each for each in arguments))
    assert (found.code, found.out) == (code, "")
    assert told in found.err


def test_a_job_that_fails_or_takes_too_long(
    ahora: Run, api: Client, worker: FakeWorker, trained: RunBody
) -> None:
    with answering(worker, status_event("failed", "the model has no wings")):
        found = ahora("sample", trained.id, "--prompt", "1*6=")
    assert found.code == Exit.FAILED
    assert "the model has no wings" in found.err
    late = ahora("sample", trained.id, "--prompt", "1*6=", "--timeout", "0.2")
    assert late.code == Exit.TIMED_OUT
    (job, *_) = api.jobs(trained.id)
    assert job.status == "queued"
    assert ahora("stop", job.id).code == Exit.OK


def test_jobs_from_python(
    api: Client, worker: FakeWorker, trained: RunBody, tmp_path: Path
) -> None:
    after = next(iter(api.watch([trained.id]))).cursor
    with answering(worker, EVALUATED, DONE):
        job = api.evaluate(trained.id, step=2, num_examples=8)
        done = api.wait_for_job(job.id, timeout=30)
    assert done.result is not None
    assert done.result.kind == "evaluate"
    assert done.metrics == {"eval/pass@1": 0.625}
    # whoever watches the run is told
    told = [event for event in api.catch_up([trained.id], after) if isinstance(event, JobAsked)]
    assert [event.job_id for event in told] == [job.id]
    with pytest.raises(ConflictError, match="has no files"):
        api.download_export(job.id, tmp_path)
    with pytest.raises(NotFoundError):
        api.job("nope")
    newest = api.find_checkpoint(trained.id)
    asked = api.create_job(newest.id, SampleSpec(prompt="1*6="), priority=3)
    assert (newest.step, asked.kind) == (4, "sample")
    assert asked.id not in [run.id for run in api.runs()]
    api.stop(asked.id)
    api.delete(asked.id)
    assert asked.id not in [each.id for each in api.jobs(trained.id)]
