"""AHORA_HOME: where a machine keeps its runs, its secrets and the state of its running stack."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = ".ahora"


@dataclass(frozen=True)
class Home:
    """Paths under AHORA_HOME."""

    root: Path

    @staticmethod
    def find(root: Path | str | None = None, environ: Mapping[str, str] = os.environ) -> "Home":
        """`root`, else AHORA_HOME, else the nearest `.ahora` folder of yours at or above the current
        folder (`make up` makes one in the clone), else `~/.ahora`."""
        named = root or environ.get("AHORA_HOME")
        if named:
            return Home(Path(named).expanduser().absolute())
        here = Path.cwd()
        for folder in (here, *here.parents):
            if _is_mine(folder / FOLDER):
                return Home(folder / FOLDER)
        return Home(Path.home() / FOLDER)

    @property
    def stack_file(self) -> Path:
        """State of the running stack, written by its launcher."""
        return self.root / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the launcher for as long as it lives."""
        return self.root / "stack.lock"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.root / "logs"

    @property
    def user_token_file(self) -> Path:
        """The token of whoever started the stack."""
        return self.root / "secrets" / "user.token"

    @property
    def worker_token_file(self) -> Path:
        """The token of the worker on this machine."""
        return self.root / "secrets" / "worker.token"

    def user_token(self) -> str | None:
        """The token of whoever started the stack; None before its first start."""
        try:
            return self.user_token_file.read_text().strip() or None
        except FileNotFoundError:
            return None

    def stack_url(self) -> str | None:
        """Where the stack of this home is (or was last) served; None when it is down."""
        try:
            state = json.loads(self.stack_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        url = state.get("url") if isinstance(state, dict) else None
        return str(url) if url else None


def _is_mine(folder: Path) -> bool:
    """Whether `folder` is a home of this user: a folder of somebody else must not choose our server."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return folder.is_dir() and status.st_uid == os.getuid()
