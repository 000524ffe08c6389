"""What a run is told about where to begin. Importing this loads no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Start:
    """Where training begins; by default at the beginning, with the model that is configured."""

    resume_from: Sequence[Path] = ()
    """Folders of checkpoints, the wanted one first: training goes on from the first that is whole."""
    resumes: bool = False
    """Whether the run may have been going before, so that where it goes on is reported."""
    of_any_run: bool = False
    """Whether checkpoints of another run will do: somebody named the folder."""
    initialise_from: Path | None = None
    """Folder of a checkpoint that only the weights are taken from."""
