"""Folders that are built once, whoever asks and whenever they are interrupted."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from worker.trainer.models import cache
from worker.trainer.models.cache import built_once


def silent(message: str, step: int, total: int) -> None:
    """Reports nothing."""


def test_it_is_built_once(tmp_path: Path) -> None:
    builds: list[Path] = []

    def build(folder: Path) -> None:
        builds.append(folder)
        (folder / "file").write_text("content")

    wanted = tmp_path / "models" / "thing"
    for _ in range(2):
        assert built_once(wanted, build, silent) == wanted
        assert (wanted / "file").read_text() == "content"
    assert len(builds) == 1
    assert builds[0] != wanted
    assert wanted.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in wanted.parent.iterdir()) == ["thing", "thing.lock"]


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        built_once(tmp_path / "thing", build, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]


def test_of_two_processes_one_builds_and_the_other_waits(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import runpy, sys
        from pathlib import Path

        built_once = runpy.run_path(sys.argv[2])["built_once"]

        def build(folder):
            print("building", flush=True)
            sys.stdin.readline()
            (folder / "file").write_text("content")

        def report(message, step, total):
            print(message, flush=True)

        folder = built_once(Path(sys.argv[1]), build, report)
        print((folder / "file").read_text())
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path / "thing"), cache.__file__]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    first = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
    assert first.stdout.readline() == "building\n"
    second = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
    assert second.stdout.readline() == "waiting for another run that is building thing\n"
    assert first.communicate("go\n", timeout=30)[0] == "content\n"
    assert second.communicate("", timeout=30)[0] == "content\n"


def test_a_builder_that_was_killed_does_not_block_the_next(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import os, runpy, signal, sys
        from pathlib import Path

        built_once = runpy.run_path(sys.argv[2])["built_once"]

        built_once(Path(sys.argv[1]), lambda _: os.kill(os.getpid(), signal.SIGKILL), print)
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path / "thing"), cache.__file__]
    assert subprocess.run(command, check=False).returncode == -9
    folder = built_once(tmp_path / "thing", lambda folder: (folder / "f").touch(), silent)
    assert (folder / "f").is_file()
