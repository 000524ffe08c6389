"""Finding the server and its token, and whom the token is shown to."""

import json
from pathlib import Path

import pytest

import ahora
from ahora.client import NotConfiguredError
from ahora.client.connection import find_connection
from ahora.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    (root / "secrets").mkdir(parents=True)
    (root / "secrets" / "user.token").write_text("home-token\n")
    (root / "stack.json").write_text(json.dumps({"url": "http://127.0.0.1:8123"}))
    return root


def test_the_running_stack_of_the_home_is_found(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHORA_HOME", str(home))
    found = find_connection()
    assert (found.url, found.token) == ("http://127.0.0.1:8123", "home-token")
    assert "home-token" not in repr(found)


def test_arguments_come_before_variables_and_those_before_the_home(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AHORA_HOME", str(home))
    monkeypatch.setenv("AHORA_URL", "https://team.example/api/v1/")
    monkeypatch.setenv("AHORA_TOKEN", "env-token")
    assert find_connection().url == "https://team.example"
    assert find_connection(token="mine").token == "mine"
    assert find_connection("http://other:80").url == "http://other:80"
    assert find_connection(home=home).url == "http://127.0.0.1:8123"
    monkeypatch.delenv("AHORA_TOKEN")
    secret = tmp_path / "token"
    secret.write_text("file-token\n")
    monkeypatch.setenv("AHORA_TOKEN_FILE", str(secret))
    assert find_connection().token == "file-token"


def test_the_homes_token_goes_to_no_other_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHORA_HOME", str(home))
    with pytest.raises(NotConfiguredError, match=r"No token for https://team\.example"):
        find_connection("https://team.example")
    assert find_connection("http://localhost:9000").token == "home-token"


@pytest.mark.parametrize("url", ["team.example", "ftp://team.example", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(NotConfiguredError, match="no address"):
        find_connection(url, "t")


@pytest.mark.parametrize("token", ["two\nlines", "é"])
def test_a_token_that_fits_in_no_header_is_refused(token: str) -> None:
    with pytest.raises(NotConfiguredError, match="copy it again"):
        find_connection("http://127.0.0.1:1", token)


def test_without_any_stack_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotConfiguredError, match="ahora up"):
        find_connection(home=tmp_path)


def test_a_folder_above_is_a_home_like_a_clones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "clone" / "docs"
    below.mkdir(parents=True)
    (tmp_path / "clone" / ".ahora").mkdir()
    monkeypatch.chdir(below)
    assert Home.find().root == tmp_path / "clone" / ".ahora"
    assert Home.find("~/x").root == Path.home() / "x"


def test_the_client_is_a_name_of_the_package() -> None:
    assert ahora.Client.__name__ == "Client"
    assert not hasattr(ahora, "Klient")
