"""System metrics of an attempt: what its trainer, the machine and its GPU use, every few seconds."""

import time

from ahora.events import SystemEvent
from worker.devices import Slot
from worker.usage import CpuMeter, Gpu, TreeMeter, memory_used_gib

MOST_SECONDS = 30.0
"""Longest time between two samples."""


class SystemSampler:
    """Gives a sample when one is due.

    The time between two grows with the attempt, by a thousandth of its age, from `seconds` to
    `MOST_SECONDS`: a run of weeks is not drowned in samples of its own machine.
    """

    def __init__(self, pid: int, slot: Slot, seconds: float) -> None:
        """`pid` is the root of the trainer's processes; `seconds` 0 takes no samples."""
        self._seconds = seconds
        self._tree, self._cpu = TreeMeter(pid), CpuMeter()
        self._gpu = Gpu(slot.cuda_visible) if slot.cuda_visible and seconds else None
        self._start = time.monotonic()
        self._due = self._start + seconds

    def close(self) -> None:
        """Let go of the GPU."""
        if self._gpu is not None:
            self._gpu.close()

    def sample(self) -> SystemEvent | None:
        """A sample, or None while none is due or the trainer is gone."""
        now = time.monotonic()
        if not self._seconds or now < self._due:
            return None
        elapsed = now - self._start
        self._due = now + interval(self._seconds, elapsed)
        tree = self._tree.read()
        if tree is None:
            return None
        values: dict[str, float | None] = {
            "system/cpu_cores": tree.cores,
            "system/memory": tree.memory_gib,
            "system/machine_cpu": self._cpu.percent(),
            "system/machine_memory": memory_used_gib(),
        }
        gpu = None if self._gpu is None else self._gpu.read()
        if gpu is not None:
            values |= {
                "system/gpu_utilization": gpu.utilization,
                "system/gpu_memory": gpu.memory_gib,
                "system/gpu_power": gpu.power_watts,
                "system/gpu_temperature": gpu.temperature_c,
            }
        told = {name: round(value, 4) for name, value in values.items() if value is not None}
        return SystemEvent(elapsed=round(elapsed, 1), values=told)


def interval(seconds: float, elapsed: float) -> float:
    """Seconds until the next sample of an attempt that is `elapsed` seconds old."""
    return max(seconds, min(MOST_SECONDS, elapsed / 1000))
