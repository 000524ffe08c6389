"""A worker with a cache of its own and a `tiny` that is barely pre-trained."""

from collections.abc import Callable
from pathlib import Path

import pytest

from worker.trainer.environment import Environment
from worker.trainer.models.tiny import Recipe, tiny_folder

SHORT = Recipe(steps=4, batch_size=4)


def silent(message: str, step: int, total: int) -> None:
    """Reports nothing."""


@pytest.fixture(scope="session")
def barely_trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a `tiny` after four steps."""
    return tiny_folder(tmp_path_factory.mktemp("cache"), 0, silent, SHORT)


@pytest.fixture
def environment(tmp_path: Path, barely_trained: Path) -> Environment:
    """A worker whose model root holds that model as `small`."""
    root = tmp_path / "models"
    root.mkdir()
    copy_into(barely_trained, root / "small")
    return Environment(cache=tmp_path / "cache", model_root=root)


def copy_into(source: Path, target: Path, keep: Callable[[str], bool] = lambda name: True) -> None:
    """Copy the files of a model's folder whose names are to be kept."""
    target.mkdir()
    for path in source.iterdir():
        if keep(path.name):
            (target / path.name).write_bytes(path.read_bytes())
