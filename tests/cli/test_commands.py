"""The command against the real API: tables, JSON, exit codes and errors."""

import csv
import io
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from ahora.cli.exits import Exit
from ahora.client import Client
from ahora.config import RunConfig
from ahora.schemas.runs import Run as RunBody
from tests.backend.support import FakeWorker
from tests.cli.conftest import Run
from tests.client.live import metrics_event, status_event


@pytest.fixture
def queued(api: Client) -> Any:
    run = api.launch("demo-grpo", name="waits in line", tags=["cli"])
    yield run
    if api.get(run.id).status == "queued":
        api.stop(run.id)


@pytest.fixture(scope="module")
def completed(server: Any) -> RunBody:
    """A run a worker has reported to the end."""
    with server.client() as api:
        run = api.launch({"max_steps": 3}, name="done before", tags=["finished"], priority=100)
        fake, http = server.worker()
        job = fake.job()
        assert job["run_id"] == run.id
        steps = [metrics_event(step, **{"eval/pass@1": 0.25 * step}) for step in range(4)]
        fake.events(job, 1, status_event("running"), {"type": "log", "message": "hello"}, *steps)
        fake.events(job, 7, status_event("completed"))
        http.close()
        return api.get(run.id)


def test_help_and_version_need_nothing_heavy() -> None:
    code = (
        "import sys, ahora.cli.main; "
        "print([name for name in ('httpx', 'pydantic', 'rich', 'yaml', 'psutil') "
        "if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_usage_errors_are_2(ahora: Run) -> None:
    assert "ahora 0." in ahora("--version").out
    for wrong in (["frobnicate"], ["launch"], ["runs", "--limit", "many"], ["show"]):
        assert ahora(*wrong).code == Exit.USAGE, wrong


def test_presets_are_listed_and_printed(ahora: Run) -> None:
    assert "demo-sa-ah-grpo" in ahora("presets").out
    assert {each["name"] for each in ahora("presets", "--json").json} >= {"demo-grpo"}
    printed = ahora("presets", "demo-grpo").out
    assert RunConfig.model_validate(yaml.safe_load(printed)).algorithm.name == "grpo"
    missing = ahora("presets", "demo")
    assert (missing.code, "demo-grpo" in missing.err) == (Exit.NOT_FOUND, True)


def test_a_launch_with_seeds_is_listed_shown_and_stopped(ahora: Run) -> None:
    arguments = ["--set", "algorithm.alpha=0.5", "--set", "model.model_name_or_path=tiny"]
    arguments += ["--seeds", "0,2-3", "--name", "study", "--tag", "a", "--tag", "b"]
    launched = ahora("launch", "demo-sa-ah-grpo", *arguments, "--json")
    assert launched.code == Exit.OK
    assert [run["seed"] for run in launched.json] == [0, 2, 3]
    assert {run["alpha"] for run in launched.json} == {0.5}
    ids = [run["id"] for run in launched.json]

    listed = ahora("runs", "--tag", "a", "--tag", "b", "--status", "queued", "--json").json
    assert [run["id"] for run in listed] == ids[::-1]
    table = ahora("runs", "study")
    assert all(run_id in table.out for run_id in ids)
    assert "sa_ah_grpo 0.5" in table.out

    shown = ahora("show", ids[0][:8])
    assert "study seed 0" in shown.out
    assert "queued by" in shown.out
    assert ahora("show", "study seed 2", "--json").json["run"]["id"] == ids[1]

    stopped = ahora("stop", *ids, "--reason", "enough", "--wait")
    assert stopped.out.count("stopped") == 3
    assert ahora("runs", "--tag", "a", "--status", "queued").out.strip() == "No runs match."


def test_a_file_is_launched_and_the_run_cloned(ahora: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("max_steps: 2\nalgorithm: {name: grpo}\n")
    launched = ahora("launch", str(file), "--name", "from a file")
    assert launched.code == Exit.OK
    run_id = launched.out.split()[0]
    assert f"/runs/{run_id}" in launched.out
    cloned = ahora("clone", run_id, "--set", "seed=9", "--json").json
    assert (cloned["seed"], cloned["max_steps"], cloned["parent_run_id"]) == (9, 2, run_id)
    ahora("stop", run_id, cloned["id"])


def test_a_dry_run_prints_the_whole_configuration_and_launches_nothing(ahora: Run) -> None:
    before = len(ahora("runs", "--limit", "0", "--json").json)
    dry = ahora("launch", "demo-grpo", "--set", "max_steps=7", "--dry-run")
    assert RunConfig.model_validate(yaml.safe_load(dry.out)).max_steps == 7
    assert ahora("launch", "demo-grpo", "--dry-run", "--json").json["config"]["seed"] == 0
    assert len(ahora("runs", "--limit", "0", "--json").json) == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["launch", "demo-grpo", "--set", "algorithm.alhpa=1"], Exit.USAGE, "algorithm.alhpa:"),
        (["launch", "demo-grpo", "--set", "alpha"], Exit.USAGE, "FIELD=VALUE"),
        (["launch", "demo-grpo", "--seeds", "1,x"], Exit.USAGE, "0,1,2"),
        (["launch", "demo-grpo", "--seeds", "1,1"], Exit.USAGE, "once"),
        (["launch", "demo-grpo", "--seeds", "0-99999999999"], Exit.USAGE, "at most 1000"),
        (["launch", "demo-grpo", "--project", "a b"], Exit.USAGE, "project"),
        (["launch", "absent.yaml"], Exit.USAGE, "absent.yaml cannot be read"),
        (["launch", "absent"], Exit.NOT_FOUND, "There are: demo-grpo"),
        (["runs", "--status", "tired"], Exit.USAGE, "queued, starting"),
        (["runs", "--sort", "beauty"], Exit.USAGE, "created_at"),
        (["show", "nothing-like-it"], Exit.NOT_FOUND, "ahora runs"),
        (["restore", "nothing-like-it"], Exit.NOT_FOUND, "--deleted"),
        (["token", "revoke", "nothing"], Exit.NOT_FOUND, "nothing"),
        (["token", "create", "two\nlines"], Exit.USAGE, "name: must be one line"),
        (["token", "create", "x", "--file", "/nonexistent/token"], Exit.FAILED, "/nonexistent"),
        (["runs", "q" * 501], Exit.USAGE, "at most 500 characters"),
        (["--home", "/dev/null", "runs"], Exit.FAILED, "/dev/null"),
        (["--url", "http://127.0.0.1:9", "runs"], Exit.UNREACHABLE, "ahora up"),
        (["--url", "nonsense", "runs"], Exit.UNREACHABLE, "http://HOST:PORT"),
        (["--home", "/nonexistent", "runs"], Exit.UNREACHABLE, "/nonexistent"),
    ],
)
def test_errors_are_one_clear_line_with_a_code(
    ahora: Run, arguments: list[str], code: Exit, words: str
) -> None:
    result = ahora(*arguments)
    assert result.code == code
    assert result.out == ""
    assert result.err.startswith("ahora: ")
    assert words in result.err
    assert "Traceback" not in result.err


def test_a_wrong_token_is_5(ahora: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHORA_TOKEN", "wrong")
    assert ahora("runs").code == Exit.NOT_ALLOWED


def test_an_ambiguous_name_lists_the_runs(ahora: Run, api: Client, queued: RunBody) -> None:
    twin = api.launch({}, name=queued.name)
    result = ahora("show", queued.name)
    assert result.code == Exit.USAGE
    assert queued.id in result.err
    assert twin.id in result.err
    api.stop(twin.id)


def test_delete_and_restore(ahora: Run, api: Client, queued: RunBody) -> None:
    api.stop(queued.id)
    assert ahora("delete", queued.id).code == Exit.OK
    assert queued.id not in ahora("runs", "--limit", "0").out
    assert [run["id"] for run in ahora("runs", "--deleted", "--json").json] == [queued.id]
    assert "restored" in ahora("restore", queued.id[:9]).out
    assert ahora("runs", "--deleted", "--json").json == []


def test_what_a_run_reported(ahora: Run, completed: RunBody, tmp_path: Path) -> None:
    summary = ahora("metrics", completed.id)
    assert "eval/pass@1" in summary.out
    assert ahora("metrics", completed.id, "--json").json[0]["run_id"] == completed.id
    (series,) = ahora("metrics", completed.id, "--key", "reward", "--json").json
    assert series["values"] == [0.0, 0.1, 0.2, 0.3]
    assert "0.75" in ahora("metrics", completed.id, "--key", "eval/pass@1").out
    assert "hello" in ahora("logs", completed.id).out
    assert ahora("logs", completed.id, "--json", "--search", "hello").json[0]["message"] == "hello"
    compared = ahora("compare", completed.id)
    assert f"/compare?runs={completed.id}" in compared.out
    assert ahora("compare", completed.id, "--json").json["runs"][0]["final_pass_at_1"] == 0.75
    page = tmp_path / "report.html"
    assert ahora("compare", completed.id, "--by", "model", "--report", str(page)).code == Exit.OK
    assert page.read_text().startswith("<!doctype html>")
    assert ahora("compare", completed.id, "--report", "report.pdf").code == Exit.USAGE
    assert "no checkpoint yet" in ahora("checkpoints", completed.id).out
    assert ahora("download", completed.id).code == Exit.NOT_FOUND

    rows = list(csv.reader(io.StringIO(ahora("export", completed.id, "--format", "csv").out)))
    assert any("reward" in row for row in rows)
    file = tmp_path / "run.json"
    assert ahora("export", completed.id, "-o", str(file)).out == ""
    relaunched = ahora("launch", str(file), "--dry-run", "--json")
    assert relaunched.json["config"]["max_steps"] == 3


def test_watching_ends_with_whether_all_completed(
    ahora: Run, completed: RunBody, api: Client, worker: FakeWorker
) -> None:
    watched = ahora("watch", completed.id)
    assert watched.code == Exit.OK
    assert "completed" in watched.out

    run = api.launch({"max_steps": 10}, name="goes wrong", priority=100)

    def work() -> None:
        job = worker.job()
        worker.events(job, 1, status_event("running"), *map(metrics_event, range(1, 6)))
        worker.events(job, 7, status_event("failed", "The loss is NaN: lower the learning rate."))

    thread = threading.Thread(target=work)
    thread.start()
    failed = ahora("watch", run.id, completed.id)
    thread.join()
    assert failed.code == Exit.FAILED
    assert "The loss is NaN" in failed.out
    events = ahora("watch", run.id, "--json").out.splitlines()
    assert '"event": "ready"' in events[0]


def test_waiting_can_time_out(ahora: Run, queued: RunBody) -> None:
    assert ahora("watch", queued.id, "--timeout", "0.3").code == Exit.TIMED_OUT
    waited = ahora("launch", "demo-grpo", "--name", "t", "--wait", "--timeout", "0.3", "--json")
    assert waited.code == Exit.TIMED_OUT
    ahora("stop", "t")


def test_workers_and_queues(ahora: Run, worker: FakeWorker) -> None:
    assert "bench" in ahora("workers").out
    assert worker.id in [each["id"] for each in ahora("workers", "--json").json]
    assert "cpu" in ahora("queue").out
    assert ahora("queue", "--json").json[0]["name"]


def test_a_worker_is_drained_and_takes_runs_again(ahora: Run, worker: FakeWorker) -> None:
    assert "draining, it runs nothing" in ahora("workers", "drain", "bench", "--reason", "x").out
    assert worker.beat().json() == {"drain": True}
    assert "drained" in ahora("workers").out
    assert "takes runs" in ahora("workers", "resume", worker.id[:6]).out
    assert worker.beat().json() == {"drain": False}
    result = ahora("workers", "drain", "nobody")
    assert (result.code, "There are: bench" in result.err) == (Exit.NOT_FOUND, True)


def test_tokens(ahora: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ahora("token", "create", "laptop", "--json").json
    assert "laptop" in ahora("token", "list").out
    assert "secret" not in str(ahora("token", "list", "--json").json)
    file = tmp_path / "worker.token"
    file.write_text("an older and longer token, in a file that all may read " * 3)
    file.chmod(0o644)
    written = ahora("token", "create", "gpu-box", "--kind", "worker", "--file", str(file))
    assert (written.code, written.out) == (Exit.OK, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().split()) == 1
    kept = ahora("token", "create", "two\nlines", "--file", str(file))
    assert kept.code == Exit.USAGE
    assert file.read_text(), "the token that was there is kept when no new one is made"
    assert ahora("token", "revoke", made["id"]).code == Exit.OK
    monkeypatch.setenv("AHORA_TOKEN", made["secret"])
    assert ahora("runs").code == Exit.NOT_ALLOWED


def test_bodies_the_server_would_refuse_are_named_before(
    ahora: Run, queued: RunBody, tmp_path: Path
) -> None:
    for arguments, field in (
        (["stop", queued.id, "--reason", "r" * 1001], "reason"),
        (["clone", queued.id, "--name", "n" * 201], "name"),
        (["metrics", queued.id, "--key", "k" * 201], "keys.0"),
    ):
        result = ahora(*arguments)
        assert (result.code, f"  {field}: " in result.err) == (Exit.USAGE, True), result.err
    result = ahora("export", queued.id, "--to", str(tmp_path / "absent" / "file"))
    assert (result.code, "absent" in result.err) == (Exit.FAILED, True)


def test_a_refusal_is_told_once(ahora: Run, queued: RunBody) -> None:
    result = ahora("clone", queued.id, "--set", "max_steps=0")
    assert result.err.count("at least 1") == 1, result.err


def test_words_of_others_do_not_command_the_terminal(
    ahora: Run, api: Client, queued: RunBody
) -> None:
    api.stop(queued.id, reason="\x1b]0;owned\a")
    assert "\x1b" not in ahora("show", queued.id).out
    assert "\ufffd]0;owned" in ahora("show", queued.id).out


def test_the_login_url_is_all_that_is_printed(ahora: Run, api: Client) -> None:
    url = ahora("login-url").out
    assert url.startswith(f"{api.url}/login?code=")
    assert len(url.split()) == 1
