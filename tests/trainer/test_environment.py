"""What the worker's owner lets a run reach."""

from pathlib import Path

import pytest

from worker.trainer.environment import Environment, inside
from worker.trainer.errors import RunError

VARIABLES = ("AHORA_CACHE", "AHORA_MODEL_ROOT", "AHORA_DATA_ROOT", "AHORA_REWARD_FUNCTIONS")


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_nothing_is_allowed_by_default() -> None:
    assert Environment.from_environ() == Environment(
        cache=Path("~/.cache/ahora").expanduser(),
        model_root=None,
        data_root=None,
        reward_functions={},
    )


def test_the_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("AHORA_CACHE", "~/models")
    monkeypatch.setenv("AHORA_DATA_ROOT", str(tmp_path / "link"))
    monkeypatch.setenv("AHORA_MODEL_ROOT", str(tmp_path))
    monkeypatch.setenv("AHORA_REWARD_FUNCTIONS", "brief=my.rewards:brief, kind=other:Kind.score,")
    environment = Environment.from_environ()
    assert environment.cache == Path("~/models").expanduser()
    assert environment.data_root == (tmp_path / "real").resolve()
    assert environment.model_root == tmp_path.resolve()
    assert environment.reward_functions == {"brief": "my.rewards:brief", "kind": "other:Kind.score"}


@pytest.mark.parametrize("value", ["brief", "brief=my_rewards", "a=b:c,brief"])
def test_reward_functions_that_are_misspelt(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AHORA_REWARD_FUNCTIONS", value)
    with pytest.raises(RunError, match=r"'brief.*': write name=module:function") as caught:
        Environment.from_environ()
    assert caught.value.error_type == "worker_misconfigured"


def test_inside(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "back").symlink_to("..")
    assert inside(root, "a/b", "VARIABLE", "field") == root / "a" / "b"
    assert inside(root, "a/../b", "VARIABLE", "field") == root / "b"
    for path in ("..", "/etc/passwd", "a/../../x", "back/x"):
        with pytest.raises(RunError, match=r"field .* leaves VARIABLE") as caught:
            inside(root, path, "VARIABLE", "field")
        assert caught.value.error_type == "path_not_allowed"
