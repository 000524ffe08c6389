"""One attempt from start to end, with real trainers (small scripts) and a real HTTP server."""

import os
import signal
from collections.abc import Callable

import psutil
import pytest

from ahora.events import CheckpointEvent, MetricsEvent, StatusEvent
from ahora.status import RunStatus
from tests.worker.conftest import Bench
from tests.worker.contract import job, until
from tests.worker.scripts import STUBBORN
from worker.trainer_env import waiting

Gone = Callable[[int], bool]


def stubborn_pids(bench: Bench) -> list[int]:
    return [int(pid) for pid in [*bench.noted("pids").split(), bench.noted("daemon")]]


def test_what_a_trainer_reports_arrives_in_order_and_once(bench: Bench) -> None:
    stored = bench.run("""
status("running")
for step in range(1, 2501):
    metrics(step)
print("to stdout")
print("to stderr", file=sys.stderr)
status("completed")
""")
    steps = [event.step for event in stored.events if isinstance(event, MetricsEvent)]
    assert steps == list(range(1, 2501))
    assert stored.logs("stdout") == ["to stdout"]
    assert stored.logs("stderr") == ["to stderr"]
    assert stored.final is not None
    assert stored.final.status == RunStatus.COMPLETED
    assert max(stored.batches) <= 1000
    assert stored.heartbeats == list(range(1, len(stored.heartbeats) + 1))
    assert not bench.spool().exists()


def test_lost_answers_repeat_nothing_and_lose_nothing(bench: Bench) -> None:
    bench.api.lose_answers = 3
    stored = bench.run("""
for step in range(1, 200):
    metrics(step)
    time.sleep(0.005)
status("completed")
""")
    steps = [event.step for event in stored.events if isinstance(event, MetricsEvent)]
    assert steps == list(range(1, 200))
    assert bench.api.lose_answers == 0
    assert stored.final is not None


def test_an_api_that_is_away_delays_the_events_and_the_trainer_goes_on(bench: Bench) -> None:
    stored = bench.start("""
metrics(1)
wait_for("away")
for step in range(2, 5001):
    metrics(step)
note("trained", "")
wait_for("finish")
status("completed")
""")
    until(lambda: stored.events[1:], "first word of the trainer")
    bench.api.down()
    (bench.folder / "away").touch()
    bench.noted("trained")
    until(lambda: bench.spool().joinpath("spool.jsonl").read_bytes().count(b"\n") > 4999, "spooled")
    bench.api.up()
    (bench.folder / "finish").touch()
    bench.join()
    steps = [event.step for event in stored.events if isinstance(event, MetricsEvent)]
    assert steps == list(range(1, 5001))
    assert stored.final is not None
    assert stored.final.status == RunStatus.COMPLETED


def test_an_api_that_is_away_too_long_makes_the_trainer_save_and_end(bench: Bench) -> None:
    bench.settings.orphan_grace = 0.5
    stored = bench.start("""
def save():
    status("stopped")
    note("saved", "")
    sys.exit(0)
stop_on_term(save)
metrics(1)
time.sleep(600)
""")
    until(lambda: stored.events[1:], "first word of the trainer")
    bench.api.down()
    bench.noted("saved")
    bench.api.up()
    bench.join()
    assert stored.final is not None
    assert stored.final.status == RunStatus.QUEUED
    assert "could not reach the API" in stored.final.reason


def test_stop_lets_the_trainer_save_and_keeps_the_users_reason(bench: Bench) -> None:
    stored = bench.start("""
def save():
    metrics(2)
    status("stopped")
    sys.exit(0)
stop_on_term(save)
metrics(1)
time.sleep(600)
""")
    until(lambda: stored.events[1:], "first word of the trainer")
    stored.reason, stored.desired = "Not needed any more.", "stop"
    bench.join()
    assert stored.final is not None
    assert (stored.final.status, stored.final.reason) == ("stopped", "Not needed any more.")
    assert isinstance(stored.events[-2], MetricsEvent)


def test_stop_kills_a_stubborn_trainer_and_all_its_descendants(bench: Bench, gone: Gone) -> None:
    bench.settings.stop_grace = 0.5
    stored = bench.start(STUBBORN)
    pids = stubborn_pids(bench)
    assert not any(gone(pid) for pid in pids)
    stored.desired = "stop"
    bench.join()
    assert all(gone(pid) for pid in pids)
    assert stored.final is not None
    assert stored.final.status == RunStatus.STOPPED
    assert "did not end in time" in stored.final.reason


def test_a_killed_launcher_leaves_nothing_running(bench: Bench, gone: Gone) -> None:
    stored = bench.start(STUBBORN)
    pids = stubborn_pids(bench)
    launcher = psutil.Process(pids[0]).parent()
    assert launcher is not None
    launcher.kill()
    bench.join()
    assert all(gone(pid) for pid in pids)
    assert stored.final is not None
    assert stored.final.status == RunStatus.FAILED


def test_what_a_finished_trainer_leaves_running_is_killed(bench: Bench, gone: Gone) -> None:
    stored = bench.run(STUBBORN.replace("time.sleep(600)\n", "status('completed')\n"))
    assert all(gone(pid) for pid in stubborn_pids(bench))
    assert stored.final is not None
    assert stored.final.status == RunStatus.COMPLETED


def test_a_newer_attempt_ends_this_one_without_another_word(bench: Bench, gone: Gone) -> None:
    stored = bench.start(STUBBORN)
    pids = stubborn_pids(bench)
    until(lambda: stored.events[1:], "first word of the trainer")
    stored.stale = True
    bench.join()
    assert all(gone(pid) for pid in pids)
    assert stored.final is None
    assert not bench.spool().exists()


def test_a_shutdown_saves_and_gives_the_run_back(bench: Bench) -> None:
    stored = bench.start("""
def save():
    status("stopped")
    sys.exit(0)
stop_on_term(save)
status("running")
time.sleep(600)
""")
    until(lambda: stored.events[1:], "running")
    bench.shutdown.event.set()
    bench.join()
    assert stored.final is not None
    assert stored.final.status == RunStatus.QUEUED
    assert "shut down" in stored.final.reason


@pytest.mark.parametrize(
    ("ending", "error_type", "words"),
    [
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "signal",
            "SIGKILL: most likely the machine ran out",
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "signal", "SIGSEGV: native code"),
        ("raise RuntimeError('the very reason')", "internal", "RuntimeError: the very reason"),
        ("sys.exit(0)", "internal", "without saying how the run went (exit code 0)"),
        ("os._exit(7)", "internal", "exit code 7"),
    ],
)
def test_a_crash_says_what_is_known(bench: Bench, ending: str, error_type: str, words: str) -> None:
    stored = bench.run(f"metrics(1)\n{ending}")
    assert stored.final is not None
    assert stored.final.status == RunStatus.FAILED
    assert stored.final.error_type == error_type
    assert words in stored.final.reason


def test_the_trainers_own_failure_is_passed_on(bench: Bench) -> None:
    stored = bench.run("status('failed', 'No such dataset.')\nsys.exit(1)")
    assert stored.final is not None
    assert stored.final.reason == "No such dataset."


def test_a_trainer_that_cannot_be_started_fails_the_run(bench: Bench) -> None:
    bench.settings.trainer_command = ["/nonexistent/python"]
    stored = bench.run("")
    assert stored.final is not None
    assert stored.final.status == RunStatus.FAILED
    assert "/nonexistent/python" in stored.final.reason


def test_garbage_is_reported_and_holds_nothing_up(bench: Bench) -> None:
    stored = bench.run("""
metrics(1)
events.write("not json\\n\\n")
events.write('{"type":"metrics","step":-1}\\n')
events.buffer.write(b"\\xff\\xfe\\x00\\n")
events.write('{"type":"log","message":"' + "x" * 5_000_000 + '"}\\n')
events.write('{"type":"metrics","step":2,"ela')
events.flush()
time.sleep(0.3)  # long enough for the half line to be read
events.write('psed":1,"tokens":1,"values":{"loss":NaN,"kl":"Infinity"}}\\n')
print("y" * 100_000)
sys.stdout.buffer.write(b"\\xff bytes\\n10%\\r50%\\r100%\\n")
sys.stdout.flush()
for _ in range(3000):
    print("flood")
events.write('{"type":"status","status":"completed"}')  # and no line break
""")
    warnings = stored.logs("supervisor")
    assert sum("no event" in warning for warning in warnings) == 4
    steps = [event.step for event in stored.events if isinstance(event, MetricsEvent)]
    assert steps == [1, 2]
    printed = stored.logs("stdout")
    assert len(printed[0]) < 5000
    assert printed[0].endswith("(96000 more left out)")
    assert printed[1:3] == ["\N{REPLACEMENT CHARACTER} bytes", "100%"]
    assert 500 < len(printed) < 3000
    assert any("lines of output were left out" in warning for warning in warnings)
    assert stored.final is not None
    assert stored.final.status == RunStatus.COMPLETED


def test_an_event_the_api_refuses_is_replaced_and_the_others_arrive(bench: Bench) -> None:
    bench.api.refuse_message = "poison"
    stored = bench.run("""
for step in range(1, 40):
    metrics(step)
    if step == 20:
        events.write('{"type":"log","message":"poison"}\\n')
status("completed")
""")
    steps = [event.step for event in stored.events if isinstance(event, MetricsEvent)]
    assert steps == list(range(1, 40))
    assert any("did not accept an event of type log" in line for line in stored.logs())
    assert stored.final is not None


CHECKPOINT = """
def checkpoint(step, path=None, files=("model.safetensors", "sub/config.json")):
    folder = out / f"checkpoints/step-{step:06d}"
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{name} {step}")
    listed = ",".join('{"path":"%s","size":1,"sha256":"0"}' % name for name in files)
    events.write('{"type":"checkpoint","step":%d,"kind":"model","path":"%s","files":[%s]}\\n'
                 % (step, path or f"checkpoints/step-{step:06d}", listed))
"""


def test_checkpoints_are_in_the_store_before_their_event(bench: Bench) -> None:
    stored = bench.start(f"""{CHECKPOINT}
checkpoint(50)
checkpoint(100)
wait_for("looked")
events.write('{{"type":"checkpoint_removed","step":50}}\\n')
status("completed")
""")
    kept = until(
        lambda: [event for event in stored.events if isinstance(event, CheckpointEvent)][1:],
        "both checkpoints",
    )
    root = bench.folder / "store"
    assert kept[0].path == "runs/run000000001/attempt-1/step-000100"
    assert (root / kept[0].path / "sub/config.json").read_text() == "sub/config.json 100"
    older = root / "runs/run000000001/attempt-1/step-000050"
    assert older.exists()
    (bench.folder / "looked").touch()
    bench.join()
    assert not older.exists()
    assert (root / kept[0].path / "model.safetensors").exists()
    assert stored.final is not None


def test_a_checkpoint_outside_its_folder_is_not_kept(bench: Bench) -> None:
    (bench.folder / "secret").write_text("secret")
    stored = bench.run(f"""{CHECKPOINT}
checkpoint(1, path="../../../..")
events.write('{{"type":"checkpoint","step":3,"kind":"model","path":"checkpoints","files":'
             '[{{"path":"../../../../secret","size":1,"sha256":"0"}}]}}\\n')
events.write('{{"type":"checkpoint","step":4,"kind":"model","path":"checkpoints","files":'
             '[{{"path":"missing","size":1,"sha256":"0"}}]}}\\n')
status("completed")
""")
    refused = [line for line in stored.logs("supervisor") if "could not be kept" in line]
    assert [int(line.split("step ")[1][0]) for line in refused] == [1, 3, 4]
    assert stored.final is not None


def test_the_trainers_environment_holds_no_secret_of_the_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHORA_TOKEN", "worker-secret")
    monkeypatch.setenv("AHORA_TOKEN_FILE", "/secret")
    monkeypatch.setenv("AHORA_REDIS_URL", "redis://:secret@host")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "worker-secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setenv("HF_TOKEN", "hub-token")
    monkeypatch.setenv("AHORA_DATA_ROOT", "/data")
    bench.run(
        """
note("env", "\\n".join(f"{k}={v}" for k, v in os.environ.items()))
note("group", os.getsid(0) == os.getpid())
status("completed")
""",
        job(resources={"num_threads": 3}),
    )
    env = dict(line.split("=", 1) for line in bench.noted("env").splitlines() if "=" in line)
    assert "secret" not in bench.noted("env")
    assert env["CUDA_VISIBLE_DEVICES"] == ""
    assert (env["OMP_NUM_THREADS"], env["HF_TOKEN"]) == ("3", "hub-token")
    assert (env["GOMP_SPINCOUNT"], env.get("OMP_WAIT_POLICY")) == ("20000", None)
    assert waiting({"OMP_WAIT_POLICY": "PASSIVE"}) == {"OMP_WAIT_POLICY": "PASSIVE"}
    assert (env["AHORA_DATA_ROOT"], env["HOME"]) == ("/data", os.environ["HOME"])
    assert bench.noted("group") == "True"


def test_a_signal_from_outside_ends_the_run_as_what_it_is(bench: Bench) -> None:
    stored = bench.start("status('running')\nnote('pid', os.getpid())\ntime.sleep(600)")
    os.kill(int(bench.noted("pid")), signal.SIGTERM)
    bench.join()
    assert stored.final is not None
    assert "SIGTERM, which did not come from Ahora" in stored.final.reason


def test_a_status_of_the_trainer_before_the_last_is_passed_on(bench: Bench) -> None:
    stored = bench.run("status('running')\nstatus('completed')\nstatus('failed')")
    statuses = [event.status for event in stored.events if isinstance(event, StatusEvent)]
    assert statuses == ["running", "completed"]
