"""What the machine can do: its rate of matrix products."""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Machine:
    """A device and its measured rates."""

    name: str
    threads: int
    bfloat16: float
    """Floating-point operations a second in products of 2048 x 2048 matrices."""
    float32: float

    def words(self) -> str:
        return (
            f"{self.name}, {self.threads} threads, torch {torch.__version__}: matrix products "
            f"{self.bfloat16 / 1e9:.0f} GFLOP/s in bfloat16, {self.float32 / 1e9:.0f} in float32"
        )


def measure_machine(device: str, threads: int) -> Machine:
    """The fastest of several products: what other programs took is not the machine's doing."""
    torch.set_num_threads(threads)
    rates = {}
    for dtype in (torch.bfloat16, torch.float32):
        a = torch.randn(2048, 2048, device=device).to(dtype)
        times = []
        for _ in range(12):
            began = time.perf_counter()
            a @ a
            if device == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
        rates[dtype] = 2 * 2048**3 / min(times)
    return Machine(_name(device), threads, rates[torch.bfloat16], rates[torch.float32])


def _name(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{found[0] if found else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"
