"""Who holds memory of a GPU on behalf of an attempt, and seeing to it that nobody does once it has ended.

The launcher kills the trainer's tree. This looks at the device itself, through NVML: a process that got out
of the tree is found by the memory it holds, and memory that a driver keeps for the dead is noticed
before the next run gets a device with less of it than it has. Never imports torch.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pynvml

from worker.devices import GIB
from worker.trainer_process import is_alive, is_marked

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Seconds between looks at who is on the device."""
EVICTION_SECONDS = 10.0
"""Seconds a driver has to give back the memory of processes that ended."""


class GpuTenants:
    """The processes of one attempt that hold memory of its GPU."""

    def __init__(
        self,
        uuid: str,
        folder: Path,
        launcher: psutil.Process,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`folder` is what the attempt's processes are marked with, `launcher` the root of their tree."""
        self._uuid, self._folder, self._launcher = uuid, folder, launcher
        self._clock = clock
        self.told = ""
        """What still holds memory although the attempt has ended, as a sentence; empty when nothing does."""
        self._ours: dict[int, psutil.Process] = {}
        self._look_at = 0.0
        with suppress(pynvml.NVMLError):
            pynvml.nvmlInit()  # counted: it stays open until `close`

    def close(self) -> None:
        """Let go of NVML."""
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()

    def look(self) -> None:
        """Note which processes on the device are the attempt's, now and then: once they have ended or have
        left the tree, it can no longer be told."""
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        for pid in self._on_device():
            self._belongs(pid)

    def holding(self) -> dict[int, float]:
        """Memory, in GiB, by the process of the attempt that holds it; also of processes that have ended."""
        return {pid: held for pid, held in self._on_device().items() if self._belongs(pid)}

    def evict(self, wait: float) -> bool:
        """Kill those of the attempt's processes that live and hold memory, and wait for the driver.

        Call it when the trainer has ended. Returns whether nothing is held any more; else `told` says what
        still is after `wait` seconds.
        """
        deadline = self._clock() + wait
        while held := self.holding():
            for pid in held:
                self._kill(pid)
            if self._clock() > deadline:
                self.told = _sentence(held)
                return False
            time.sleep(0.05)
        self.told = ""
        return True

    def _kill(self, pid: int) -> None:
        process = self._ours[pid]
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.is_running() and is_alive(process):
                log.warning("killing process %d, which holds memory of %s", pid, self._uuid)
                process.kill()  # psutil checks again that the number is still this process's

    def _belongs(self, pid: int) -> bool:
        known = self._ours.get(pid)
        if known is not None and (known.is_running() or not psutil.pid_exists(pid)):
            return True
        # unknown, or its number was given to another process since it ended
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if is_marked(process, self._folder) or self._descends(process):
                self._ours[pid] = process
                return True
        return False

    def _descends(self, process: psutil.Process) -> bool:
        try:  # compared by number and start: a withheld GPU is looked at long after the launcher ended
            return self._launcher in process.parents()
        except psutil.Error:  # it ended meanwhile
            return False

    def _on_device(self) -> dict[int, float]:
        """Memory, in GiB, by process id; nothing when the driver does not tell."""
        try:
            handle = pynvml.nvmlDeviceGetHandleByUUID(self._uuid)
            found = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
        except pynvml.NVMLError as error:
            log.debug("the NVIDIA driver does not tell who uses %s: %s", self._uuid, error)
            return {}
        return {process.pid: (process.usedGpuMemory or 0) / GIB for process in found}


def _sentence(held: dict[int, float]) -> str:
    """What holds memory of a GPU after its run has ended, and what helps."""
    who = ", ".join(f"{pid} ({memory:.1f} GiB)" for pid, memory in sorted(held.items()))
    return (
        f"Memory of its GPU is still held by ended or unkillable processes of the run: {who}. The GPU "
        "gets no other run until it is free; if it stays so, reset it (nvidia-smi --gpu-reset) or "
        "restart the machine."
    )
