"""The real stack: Redis, API and worker, started and ended in every way there is."""

import os
import re
import signal
import socket
import stat
from pathlib import Path

import httpx
import psutil
import pytest

from ahora.home import Home
from ahora.stack import redis
from tests.client.live import free_port
from tests.stack.conftest import Sandbox, wait_for

pytestmark = pytest.mark.stack

LONG_RUN = {"max_steps": 10_000, "evaluation.num_examples": 1, "evaluation.eval_on_start": False}


def test_up_twice_then_down_then_up_again(sandbox: Sandbox) -> None:
    port = free_port()
    first = sandbox.run("up", "--detach", "--port", str(port), "--slots", "1")
    assert first.returncode == 0, first.stderr + sandbox.log()
    assert "torch" in first.stdout
    assert "Worker" in first.stdout
    url = re.search(rf"http://127\.0\.0\.1:{port}/login\?code=\S+", first.stdout)
    assert url is not None
    assert httpx.get(url[0], trust_env=False, follow_redirects=True).status_code == 200

    second = sandbox.run("up")
    assert second.returncode == 0
    assert "already running" in second.stdout
    assert f"http://127.0.0.1:{port}/login?code=" in second.stdout

    state = sandbox.state()
    server = psutil.Process(state.processes["redis"].pid)
    assert not [each for each in server.net_connections() if each.family != socket.AF_UNIX]
    for path in (sandbox.root, sandbox.root / "redis" / "redis.sock", sandbox.root / "secrets"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path

    down = sandbox.run("down")
    assert (down.returncode, "Stopped." in down.stdout) == (0, True)
    assert sandbox.is_quiet()
    assert not (sandbox.root / "stack.json").exists()
    again = sandbox.run("down")
    assert (again.returncode, "Nothing runs" in again.stdout) == (0, True)

    third = sandbox.run("up", "--detach", "--port", str(port), "--slots", "1")
    seconds = re.search(r"Ready in ([\d.]+) s", third.stdout)
    assert seconds is not None, third.stderr
    # under 5 s on an idle machine; tests share theirs
    assert float(seconds[1]) < 15
    assert sandbox.run("down").returncode == 0


def test_a_killed_launcher_leaves_nothing_and_the_next_start_recovers(sandbox: Sandbox) -> None:
    state = sandbox.up()
    with sandbox.client() as api:
        run = api.launch({}, overrides=LONG_RUN)
        wait_for(lambda: api.get(run.id).status in ("starting", "running"), "the run is claimed")

        def trains() -> bool:
            return any("worker.trainer" in each.cmdline() for each in sandbox.processes())

        wait_for(trains, "the trainer runs")
    os.kill(state.launcher.pid, signal.SIGKILL)
    wait_for(sandbox.is_quiet, "everything is gone", timeout=20)
    assert (sandbox.root / "stack.json").exists()

    port = free_port()
    assert sandbox.run("up", "--detach", "--port", str(port), "--slots", "1").returncode == 0
    with sandbox.client() as api:
        assert api.stop(run.id).status in ("stopping", "stopped")
    assert sandbox.run("down").returncode == 0
    assert sandbox.is_quiet()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_the_command_ends_nothing_is_left(sandbox: Sandbox, number: signal.Signals) -> None:
    command = sandbox.start("up", "--port", str(free_port()), "--slots", "1")
    assert command.stdout is not None
    for line in command.stdout:
        if "Ctrl-C" in line:
            break
    else:
        pytest.fail(sandbox.log())
    command.send_signal(number)
    rest, _ = command.communicate(timeout=60)
    if number == signal.SIGKILL:
        wait_for(sandbox.is_quiet, "everything is gone", timeout=30)
    else:
        assert command.returncode == 0
        order = [rest.index(f"Stopping {name}") for name in ("worker", "api", "redis")]
        assert order == sorted(order)
        assert sandbox.is_quiet()
    assert not (sandbox.root / "stack.json").exists()


def test_a_process_that_dies_is_started_again_also_with_a_long_path(sandbox: Sandbox) -> None:
    sandbox = Sandbox(sandbox.root / "/".join(["deep" * 8] * 4))
    before = sandbox.up()
    os.kill(before.processes["api"].pid, signal.SIGKILL)
    os.kill(before.processes["redis"].pid, signal.SIGKILL)

    def is_back() -> bool:
        now = sandbox.state().processes
        if any(now[name] == before.processes[name] for name in ("api", "redis")):
            return False
        try:
            return httpx.get(f"{before.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    wait_for(is_back, "the API and Redis are back")
    assert "was killed by signal 9" in sandbox.log()
    assert sandbox.run("runs", "--json").stdout == "[]\n"
    assert sandbox.run("down").returncode == 0
    assert sandbox.is_quiet()


def test_a_busy_port_is_named_with_the_remedy(sandbox: Sandbox) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = sandbox.run("up", "--port", str(port))
    assert result.returncode == 1
    assert f"Port {port} is in use" in result.stderr
    assert "--port" in result.stderr
    assert sandbox.is_quiet()


def test_a_stack_that_cannot_start_shows_why_and_leaves_nothing(sandbox: Sandbox) -> None:
    (sandbox.root / "ahora.db").mkdir()
    result = sandbox.run("up", "--detach", "--port", str(free_port()))
    assert result.returncode == 1
    assert "The api process ended" in result.stderr
    assert "unable to open database file" in result.stderr
    assert sandbox.is_quiet()


def test_a_home_with_a_long_path_gets_a_private_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / ("long" * 30))
    runtime = tmp_path / "run"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    path = redis.socket_path(home)
    if len(os.fsencode(path)) > redis.SOCKET_PATH_LIMIT:
        pytest.fail(f"too long: {path}")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert redis.socket_path(home) == path
    path.parent.chmod(0o755)
    with pytest.raises(redis.StackError, match="not private"):
        redis.socket_path(home)
    path.parent.chmod(0o700)
    path.parent.rmdir()


def test_the_worker_command_becomes_the_worker(sandbox: Sandbox) -> None:
    result = sandbox.run("worker", "--queues", "tpu")
    assert result.returncode == 2
    assert "AHORA_QUEUES" in result.stderr
    without = sandbox.run("worker", "--queues", "cpu", "--url", "http://127.0.0.1:9")
    assert without.returncode == 2
    assert "No worker token" in without.stderr
