"""The command line: a server process from start to end, and what it leaves on disk."""

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from backend.__main__ import main
from backend.app import create_app
from backend.settings import Settings
from tests.backend.servers import ServerProcess
from tests.backend.support import BASE

Run = Callable[..., str]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Run]:
    """Runs a command in this process and gives what it printed."""
    monkeypatch.setenv("AHORA_HOME", str(tmp_path / "home"))
    before = os.umask(0o022)
    os.umask(before)

    def command(*arguments: str) -> str:
        assert main(list(arguments)) == 0
        return capsys.readouterr().out

    yield command
    os.umask(before)


@contextlib.contextmanager
def served(home: Path) -> Iterator[httpx.Client]:
    """A server process; at the end it must go within seconds of SIGTERM."""
    environ = {"AHORA_HOME": str(home), "AHORA_REDIS_URL": ""}
    server = ServerProcess(environ, home.parent / "log", "--embedded")
    try:
        server.wait_until_ready()
        with httpx.Client(base_url=server.url) as client:
            yield client
    finally:
        server.terminate()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.slow
def test_an_embedded_server_makes_its_secrets_once_and_only_its_owner_reads_them(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    user, worker = home / "secrets" / "user.token", home / "secrets" / "worker.token"
    with served(home) as client:
        secrets = user.read_text(), worker.read_text()
        bearer = {"Authorization": f"Bearer {secrets[0].strip()}"}
        assert client.get("/api/v1/runs", headers=bearer).json()["total"] == 0
        assert client.get("/api/v1/runs").status_code == 401
    assert (mode(home), mode(user), mode(worker)) == (0o700, 0o600, 0o600)
    assert mode(home / "ahora.db") == 0o600
    with served(home):
        assert (user.read_text(), worker.read_text()) == secrets


def test_tokens_and_login_links_can_be_made_from_a_shell(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    file = tmp_path / "keys" / "worker.token"
    assert run("token", "--kind", "worker", "--name", "box", "--file", str(file)) == ""
    assert mode(file) == 0o600
    secret = run("token", "--kind", "user", "--name", "ci").strip()
    link = run("login-code", "--name", "ann").strip()
    app = create_app(Settings(home=home, redis_url=""))
    client = TestClient(app, base_url=BASE, follow_redirects=False)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/auth/me", headers=bearer).json()["name"] == "ci"
    assert client.get(link.removeprefix(BASE)).status_code == 303
    assert client.get("/api/v1/auth/me").json()["name"] == "ann"
    app.state.database.dispose()


def test_the_description_is_printed(run: Run) -> None:
    document = json.loads(run("openapi"))
    assert document["info"]["title"] == "Ahora"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHORA_HOME", "/data")
    monkeypatch.setenv("AHORA_ALLOWED_HOSTS", "ahora.example, gpu-box")
    settings = Settings()
    assert settings.allowed_hosts == ["ahora.example", "gpu-box"]
    assert settings.database == "sqlite:////data/ahora.db"
    assert settings.broker == "redis+socket:///data/redis/redis.sock"
    assert settings.artifacts == "/data/artifacts"
    monkeypatch.setenv("AHORA_REDIS_URL", "")
    assert Settings().broker == ""
