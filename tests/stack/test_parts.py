"""Parts of the launcher that need no stack."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ahora.home import Home
from ahora.stack.options import DEFAULT_PORT, Options, environment
from ahora.stack.redis import StackError
from ahora.stack.restarts import LONGEST, MOST, WINDOW, Restarts
from ahora.stack.state import ProcessRecord, StackState, clear_stale, running


def test_restarts_back_off_and_are_given_up() -> None:
    now = [0.0]
    restarts = Restarts(clock=lambda: now[0])
    assert restarts.next_in() is None
    pauses = []
    for _ in range(MOST):
        pause = restarts.plan("api")
        assert pause is not None
        assert restarts.is_due("api")
        pauses.append(pause)
        assert restarts.next_in() == pause
        now[0] += pause
        assert restarts.due() == ["api"]
        assert restarts.due() == []
    assert pauses == [0.5, 1.0, 2.0, 4.0, LONGEST]
    assert restarts.plan("api") is None
    assert restarts.plan("redis") == 0.5
    now[0] += WINDOW
    assert restarts.plan("api") == 0.5


def test_without_a_port_the_first_free_one_is_taken() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", DEFAULT_PORT))
            other.listen()
        except OSError:
            pass  # somebody has it: just what this test wants
        assert Options().free_port() > DEFAULT_PORT


def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(StackError, match=r"Cannot listen on 192\.0\.2\.1:8000"):
        Options(host="192.0.2.1", port=8000).free_port()


@pytest.mark.parametrize(
    ("host", "url", "names"),
    [
        ("127.0.0.1", "http://127.0.0.1:1", "localhost,127.0.0.1,[::1]"),
        ("0.0.0.0", "http://127.0.0.1:1", f"localhost,127.0.0.1,[::1],{socket.gethostname()}"),
        ("gpu-box", "http://gpu-box:1", "localhost,127.0.0.1,[::1],gpu-box"),
        ("::1", "http://[::1]:1", "localhost,127.0.0.1,[::1]"),
    ],
)
def test_a_stack_answers_to_the_names_it_is_served_under(
    host: str, url: str, names: str, tmp_path: Path
) -> None:
    options = Options(host=host)
    assert options.url(1) == url
    environ = environment(Home(tmp_path), options, url, "redis+socket:///s", {})
    assert environ["AHORA_ALLOWED_HOSTS"] == names


def test_the_callers_own_server_and_token_stay_out(tmp_path: Path) -> None:
    caller = {
        "AHORA_URL": "https://team.example",
        "AHORA_TOKEN": "team-token",
        "AHORA_ALLOWED_HOSTS": "box",
        "AHORA_DATA_ROOT": "data",
        "HF_TOKEN": "hf",
    }
    environ = environment(
        Home(tmp_path), Options(), "http://127.0.0.1:1", "redis+socket:///s", caller
    )
    assert environ["AHORA_URL"] == "http://127.0.0.1:1"
    assert "AHORA_TOKEN" not in environ
    assert environ["AHORA_TOKEN_FILE"] == str(tmp_path / "secrets/worker.token")
    assert environ["AHORA_ALLOWED_HOSTS"] == "box"
    assert environ["AHORA_DATA_ROOT"] == str(Path.cwd() / "data")
    assert environ["HF_TOKEN"] == "hf"


def test_a_record_does_not_take_another_process_for_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    mine = ProcessRecord.of(os.getpid())
    StackState(mine, "http://127.0.0.1:1", "0", ready=True).write(home)
    assert running(home) is not None
    other = ProcessRecord(mine.pid, mine.created - 100)
    StackState(other, "http://127.0.0.1:1", "0", ready=True, processes={"api": other}).write(home)
    assert running(home) is None
    assert clear_stale(home) == 0  # this process lives on
    assert StackState.read(home) is None


def test_what_a_killed_launcher_left_is_ended(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as left:
        record = ProcessRecord.of(left.pid)
        gone = ProcessRecord(left.pid, record.created - 100)
        StackState(gone, "http://127.0.0.1:1", "0", processes={"api": record}).write(home)
        assert clear_stale(home) == 1
        assert record.find() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "x"}', "null"])
def test_a_torn_state_file_is_no_state(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.stack_file.write_text(text)
    assert StackState.read(home) is None
    assert home.stack_url() in (None, "x")
