"""What a launcher writes down about its stack, and whether that is still true."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field

import psutil

from ahora.home import Home


@dataclass(frozen=True)
class ProcessRecord:
    """A process, told from a later one with the same number by the time it started."""

    pid: int
    created: float

    @staticmethod
    def of(pid: int) -> "ProcessRecord":
        """The record of a process that runs now."""
        return ProcessRecord(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process itself; None when it has ended."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 0.05
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


@dataclass
class StackState:
    """A running (or starting) stack."""

    launcher: ProcessRecord
    url: str
    version: str
    ready: bool = False
    processes: dict[str, ProcessRecord] = field(default_factory=dict)

    def write(self, home: Home) -> None:
        """Store it so that a reader never sees half of it."""
        partial = home.stack_file.with_suffix(".part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=1)
        partial.replace(home.stack_file)

    @staticmethod
    def read(home: Home) -> "StackState | None":
        """The state that was written last; None when there is none or it is of no use."""
        try:
            raw = json.loads(home.stack_file.read_text())
            return StackState(
                launcher=ProcessRecord(**raw["launcher"]),
                url=raw["url"],
                version=raw["version"],
                ready=raw["ready"],
                processes={
                    name: ProcessRecord(**record) for name, record in raw["processes"].items()
                },
            )
        except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
            return None


def running(home: Home) -> StackState | None:
    """The state of a stack whose launcher is alive."""
    state = StackState.read(home)
    return state if state is not None and state.launcher.find() else None


def clear_stale(home: Home, wait: float = 10.0) -> int:
    """End what a killed launcher left running, and forget it; returns how many processes that were."""
    state = StackState.read(home)
    left: list[psutil.Process] = []
    for record in state.processes.values() if state is not None else ():
        process = record.find()
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                left += [process, *process.children(recursive=True)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=wait)
    home.stack_file.unlink(missing_ok=True)
    return len(left)
