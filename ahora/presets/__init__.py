"""Shipped run configurations: starting points that are complete, one YAML file each."""

from functools import cache
from importlib.resources import files

import yaml

from ahora.config import RunConfig
from ahora.schemas.base import Schema


class Preset(Schema):
    """A configuration to start from."""

    name: str
    """Name of its file, such as `demo-grpo`."""
    title: str
    description: str
    """What it shows, what it needs and how long it takes."""
    requires_gpu: bool
    config: RunConfig


class UnknownPresetError(LookupError):
    """No preset has this name."""


def list_presets() -> list[Preset]:
    """All presets: those for any machine first, then by name."""
    return sorted(_presets().values(), key=lambda preset: (preset.requires_gpu, preset.name))


def load_preset(name: str) -> Preset:
    """The preset called `name`. Raises UnknownPresetError, which lists the names there are."""
    preset = _presets().get(name)
    if preset is None:
        known = ", ".join(each.name for each in list_presets())
        raise UnknownPresetError(f"there is no preset {name!r}; there are: {known}")
    return preset.model_copy(deep=True)


@cache
def _presets() -> dict[str, Preset]:
    found = {}
    for file in files(__package__).iterdir():
        name, _, suffix = file.name.rpartition(".")
        if suffix == "yaml":
            fields = yaml.safe_load(file.read_text(encoding="utf-8"))
            found[name] = Preset(name=name, **fields)
    return found
