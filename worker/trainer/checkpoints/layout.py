"""Names of a checkpoint's files and folders. Importing this loads no torch."""

import re
from pathlib import Path

FOLDER = "checkpoints"
ABOUT = "ahora.json"
"""Which run and step a checkpoint comes from, with the configuration."""
MANIFEST = "manifest.json"
"""Size and sha256 of every other file; written last."""
STATE = "training/state.json"
OPTIMIZER = "training/optimizer.safetensors"
RANDOM = "training/random.safetensors"
ADAPTER = "adapter_model.safetensors"

_STEP = re.compile(r"(?:step-(\d+)|\.replaced-step-(\d+))")


def step_path(step: int) -> str:
    """The folder of a step's checkpoint, relative to the output folder."""
    return f"{FOLDER}/step-{step:06d}"


def partial(out: Path, step: int) -> Path:
    """Where a checkpoint is written before it gets its name."""
    return out / FOLDER / f".step-{step:06d}"


def replaced(out: Path, step: int) -> Path:
    """The name of an older checkpoint of the same step while a new one takes its place."""
    return out / FOLDER / f".replaced-step-{step:06d}"


def own_checkpoints(out: Path) -> list[Path]:
    """Folders of the checkpoints in the output folder `out`, newest first; whole or not."""
    found = []
    for path in (out / FOLDER).glob("*"):
        match = _STEP.fullmatch(path.name)
        if match is not None:
            step, old = match[1], match[2]
            found.append((int(step or old), step is not None, path))
    return [path for *_, path in sorted(found, reverse=True)]


def own_steps(out: Path) -> list[int]:
    """Steps that the output folder `out` has a checkpoint of, oldest first."""
    names = (path.name for path in reversed(own_checkpoints(out)))
    return [int(name.removeprefix("step-")) for name in names if name.startswith("step-")]
