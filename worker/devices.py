"""Slots of this machine: one for each GPU, some for its CPU. Never imports torch.

GPUs come from NVML, which neither starts CUDA nor holds memory on the device.
"""

import logging
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pynvml

from ahora.schemas.workers import Device
from worker.settings import QueueName

log = logging.getLogger(__name__)

GIB = 2**30


@dataclass(frozen=True)
class Slot:
    """A place for one run."""

    index: int
    """Position among the worker's slots; `WorkerRegister.devices[index]` is its device."""
    queue: QueueName
    device: Device
    cuda_visible: str
    """CUDA_VISIBLE_DEVICES of its trainers: a GPU's UUID, or empty for a CPU slot."""
    threads: int
    """CPU threads of its trainers unless the run asks for another number."""


def slots(queues: Sequence[QueueName] | None, cpu_slots: int | None) -> list[Slot]:
    """The slots of a worker that serves `queues` (default: what the machine has).

    Raises `ValueError` with a sentence for people when a queue cannot be served here.
    """
    found = gpus()
    wanted = queues or (["cpu", "gpu"] if found else ["cpu"])
    if "gpu" in wanted and not found:
        raise ValueError(
            "Queue gpu needs an NVIDIA GPU, and none is visible here: check nvidia-smi, "
            "or start this worker with --queues cpu."
        )
    places: list[tuple[QueueName, Device, str]] = []
    if "gpu" in wanted:
        places += [("gpu", device, uuid) for device, uuid in found]
    if "cpu" in wanted:
        count = cpu_slots or default_cpu_slots(cores(), with_gpus=bool(places))
        places += [("cpu", cpu(index), "") for index in range(count)]
    threads = max(1, cores() // len(places))
    return [
        Slot(index, queue, device, visible, threads)
        for index, (queue, device, visible) in enumerate(places)
    ]


def cores() -> int:
    """Cores this process may use: its affinity, capped by a container's quota."""
    available = len(os.sched_getaffinity(0))
    quota = Path("/sys/fs/cgroup/cpu.max")
    limit, _, period = quota.read_text().partition(" ") if quota.exists() else ("max", "", "")
    if limit == "max":
        return available
    return max(1, min(available, math.ceil(int(limit) / int(period))))


def default_cpu_slots(count: int, with_gpus: bool = False) -> int:
    """Two runs side by side where there are two cores, on large machines four cores a run.

    Beside GPUs one slot: the cores feed the GPUs.
    """
    if with_gpus:
        return 1
    return max(min(2, count), count // 4)


def cpu(index: int) -> Device:
    """The device of a CPU slot."""
    memory = psutil.virtual_memory().total / GIB
    return Device(kind="cpu", index=index, name=_cpu_name(), memory_gb=round(memory, 1))


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "CPU"


def gpus() -> list[tuple[Device, str]]:
    """NVIDIA GPUs this process may use, each with its UUID.

    None when there is no driver. CUDA_VISIBLE_DEVICES, as indices or UUIDs, narrows them.
    """
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        every = [_gpu(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError as error:
        log.warning("the NVIDIA driver does not answer, so this worker has no GPU: %s", error)
        return []
    finally:
        pynvml.nvmlShutdown()
    return visible(every, os.environ.get("CUDA_VISIBLE_DEVICES"))


def _gpu(index: int) -> tuple[Device, str]:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total / GIB
    except pynvml.NVMLError_NotSupported:  # it shares the machine's memory
        memory = psutil.virtual_memory().total / GIB
    name = pynvml.nvmlDeviceGetName(handle)
    device = Device(kind="cuda", index=index, name=name, memory_gb=round(memory, 1))
    return device, pynvml.nvmlDeviceGetUUID(handle)


def visible(every: list[tuple[Device, str]], setting: str | None) -> list[tuple[Device, str]]:
    """Those of `every` that a CUDA_VISIBLE_DEVICES of `setting` lets through, in its order.

    As in CUDA, the first entry that names no device ends the list.
    """
    if setting is None:
        return every
    chosen: list[tuple[Device, str]] = []
    for entry in (part.strip() for part in setting.split(",")):
        match = [
            gpu
            for gpu in every
            if entry and (entry == str(gpu[0].index) or gpu[1].startswith(entry))
        ]
        if len(match) != 1:
            break
        chosen += match
    return chosen
