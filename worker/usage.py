"""How busy machine, GPU and a tree of processes are. Cheap, and never imports torch.

GPUs are asked through NVML, which holds no memory on the device; what a driver does not tell is left out.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pynvml

from ahora.schemas.workers import DeviceUse, WorkerUse
from worker.devices import GIB, Slot

log = logging.getLogger(__name__)


class CpuMeter:
    """Share of the machine's cores that were busy, between two looks."""

    def __init__(self) -> None:
        self._before = _cpu_seconds()

    def percent(self) -> float:
        """Percent since the last call, or since this meter was made."""
        now = _cpu_seconds()
        busy, total = now.busy - self._before.busy, now.total - self._before.total
        self._before = now
        return round(100 * max(0.0, busy) / total, 1) if total > 0 else 0.0


class _CpuSeconds(NamedTuple):
    busy: float
    total: float


def _cpu_seconds() -> _CpuSeconds:
    times = psutil.cpu_times()._asdict()
    # Linux counts the time of guests as user time as well
    total = sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
    return _CpuSeconds(total - times["idle"] - times.get("iowait", 0.0), total)


class TreeUse(NamedTuple):
    """What a tree of processes uses."""

    cores: float
    """Cores busy with it, on average since the last look."""
    memory_gib: float
    """Resident memory; pages that several of its processes share count for each."""


class TreeMeter:
    """A process and all its descendants."""

    def __init__(self, pid: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pid = pid
        self._clock = clock
        self._at = clock()
        self._seconds: dict[psutil.Process, float] = {}

    def read(self) -> TreeUse | None:
        """None once the process is gone."""
        try:
            root = psutil.Process(self._pid)
            tree = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return None
        seconds: dict[psutil.Process, float] = {}
        memory = 0
        for process in tree:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
                times = process.cpu_times()
                memory += process.memory_info().rss
                seconds[process] = times.user + times.system
        # one that is new has worked only since the last look
        spent = sum(value - self._seconds.get(process, 0.0) for process, value in seconds.items())
        now = self._clock()
        past, self._at, self._seconds = now - self._at, now, seconds
        return TreeUse(round(max(0.0, spent) / past, 3) if past > 0 else 0.0, memory / GIB)


class GpuUse(NamedTuple):
    """How busy a GPU is; None what its driver does not tell."""

    utilization: float | None
    """Percent of the time."""
    memory_gib: float | None
    power_watts: float | None
    temperature_c: float | None


class Gpu:
    """A GPU that is looked at now and then."""

    def __init__(self, uuid: str) -> None:
        self._uuid = uuid
        self._failing = False
        with suppress(pynvml.NVMLError):
            pynvml.nvmlInit()  # counted: it stays open until `close`

    def close(self) -> None:
        """Let go of NVML."""
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()

    def read(self) -> GpuUse | None:
        """None when the driver does not answer."""
        try:
            handle = pynvml.nvmlDeviceGetHandleByUUID(self._uuid)
        except pynvml.NVMLError as error:
            if not self._failing:
                log.warning("the NVIDIA driver does not tell of %s: %s", self._uuid, error)
            self._failing = True
            return None
        self._failing = False
        rates = _told(pynvml.nvmlDeviceGetUtilizationRates, handle)
        memory = _told(pynvml.nvmlDeviceGetMemoryInfo, handle)
        milliwatts = _told(pynvml.nvmlDeviceGetPowerUsage, handle)
        degrees = _told(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
        return GpuUse(
            utilization=None if rates is None else float(rates.gpu),
            memory_gib=None if memory is None else memory.used / GIB,
            power_watts=None if milliwatts is None else milliwatts / 1000,
            temperature_c=None if degrees is None else float(degrees),
        )


def _told(question: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return question(*arguments)
    except pynvml.NVMLError:  # not every card answers every question
        return None


def memory_used_gib() -> float:
    """Memory of the machine that is in use and cannot be had at once."""
    memory = psutil.virtual_memory()
    return float((memory.total - memory.available) / GIB)


class WorkerMeter:
    """The machine of a worker and the GPUs of its slots."""

    def __init__(self, slots: list[Slot]) -> None:
        self._cpu = CpuMeter()
        self._gpus = {slot.index: Gpu(slot.cuda_visible) for slot in slots if slot.cuda_visible}

    def close(self) -> None:
        """Let go of the GPUs."""
        for gpu in self._gpus.values():
            gpu.close()

    def read(self, troubles: Mapping[int, str]) -> WorkerUse:
        """How busy they are; `troubles` says of slots why they take no runs."""
        found = {slot: gpu.read() for slot, gpu in self._gpus.items()}
        return WorkerUse(
            cpu=self._cpu.percent(),
            memory_gb=round(memory_used_gib(), 2),
            memory_total_gb=round(psutil.virtual_memory().total / GIB, 2),
            devices=[
                _device_use(slot, use or _UNKNOWN, troubles.get(slot))
                for slot, use in found.items()
                if use is not None or slot in troubles
            ],
        )


_UNKNOWN = GpuUse(None, None, None, None)


def _device_use(slot: int, use: GpuUse, trouble: str | None) -> DeviceUse:
    return DeviceUse(
        slot=slot,
        utilization=use.utilization,
        memory_gb=None if use.memory_gib is None else round(use.memory_gib, 2),
        power_watts=use.power_watts,
        temperature_c=use.temperature_c,
        trouble=trouble,
    )


def out_of_memory_kills() -> int:
    """How often the kernel has killed a process of this machine because memory ran out."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0
