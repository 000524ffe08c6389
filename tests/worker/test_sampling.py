"""What an attempt and a machine use, and what a trainer's last words are."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pynvml
import pytest

from ahora.events import LogEvent, SystemEvent
from ahora.metrics import describe
from ahora.schemas.workers import Device
from tests.worker.conftest import Bench
from tests.worker.contract import until
from worker import usage
from worker.devices import Slot
from worker.sampler import SystemSampler, interval

MEMORY_CGROUPS = Path("/sys/fs/cgroup/memory")


def test_a_run_reports_what_its_whole_tree_uses(bench: Bench) -> None:
    bench.settings.system_seconds = 0.2
    stored = bench.start("""
ballast = bytearray(os.urandom(1)) * (150 * 2**20)
busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
wait_for("seen")
busy.kill()
busy.wait()
status("completed")
""")

    def samples() -> list[SystemEvent]:
        return [event for event in stored.events if isinstance(event, SystemEvent)]

    # a child that spins is most of a core, unless the machine is full
    until(
        lambda: any(
            one.values["system/cpu_cores"] > 0.2 and one.values["system/memory"] > 0.15
            for one in samples()
        ),
        "a sample that shows the child's work and the ballast",
    )
    (bench.folder / "seen").touch()
    bench.join()
    found = samples()
    assert set(found[0].values) == {
        "system/cpu_cores", "system/memory", "system/machine_cpu", "system/machine_memory",
    }  # fmt: skip
    assert all(describe(name).unit and describe(name).axis == "time" for name in found[0].values)
    elapsed = [one.elapsed for one in found]
    assert elapsed == sorted(elapsed)
    assert all(0 <= one.values["system/machine_cpu"] <= 100 for one in found)
    assert stored.final is not None


def test_samples_get_rarer_so_that_a_long_run_has_few() -> None:
    assert (interval(5, 60), interval(5, 10_000), interval(5, 10**6)) == (5, 10, 30)
    assert interval(60, 10**6) == 60


def test_a_tree_that_is_gone_has_no_use() -> None:
    process = psutil.Popen(["sleep", "600"])
    meter = usage.TreeMeter(process.pid)
    assert meter.read() is not None
    process.kill()
    process.wait()
    assert meter.read() is None


class Card:
    """A GPU as NVML tells of it: a library of the driver, which the machines of tests lack."""

    gpu, used = 97, 41 * 2**30


def test_a_gpu_tells_what_its_driver_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(handle: str) -> int:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", lambda uuid: f"handle of {uuid}")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda handle: Card)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda handle: Card)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetPowerUsage", unknown)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", lambda handle, sensor: 64)
    gpu = usage.Gpu("GPU-1")
    assert gpu.read() == usage.GpuUse(97.0, 41.0, None, 64.0)
    gpu.close()

    monkeypatch.setattr(pynvml, "nvmlDeviceGetPowerUsage", lambda handle: 640_500)
    device = Device(kind="cuda", index=0, name="H100", memory_gb=80)
    slot = Slot(0, "gpu", device, cuda_visible="GPU-1", threads=1)
    sampler = SystemSampler(os.getpid(), slot, seconds=1e-9)
    sample = until(sampler.sample, "a sample")
    sampler.close()
    told = {name: value for name, value in sample.values.items() if "gpu" in name}
    assert told == {
        "system/gpu_utilization": 97.0,
        "system/gpu_memory": 41.0,
        "system/gpu_power": 640.5,
        "system/gpu_temperature": 64.0,
    }
    assert all(describe(name).unit for name in told)


def test_without_a_driver_a_gpu_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(uuid: str) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", absent)
    assert usage.Gpu("GPU-1").read() is None


def test_the_last_lines_of_a_killed_trainer_are_there(bench: Bench) -> None:
    """Also when they came in a flood, one of them half written."""
    stored = bench.run("""
metrics(7)
for number in range(20_000):
    print("flood", number)
print("the last whole line")
print("and a half", end="", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""")
    printed = stored.logs("stdout")
    assert printed[-2:] == ["the last whole line", "and a half"]
    assert len(printed) < 5000
    left_out = sum(
        int(event.message.split()[0])
        for event in stored.events
        if isinstance(event, LogEvent) and "lines of output were left out" in event.message
    )
    assert len(printed) + left_out == 20_002
    assert stored.final is not None
    assert "SIGKILL" in stored.final.reason


@pytest.fixture
def little_memory() -> Iterator[Path]:
    """A control group with 100 MB, in which the kernel kills for memory."""
    group = MEMORY_CGROUPS / f"ahora-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(100 * 2**20))
    except OSError:
        pytest.skip("no memory control group (v1) can be made here: that needs root")
    yield group
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # busy until the kernel has let the dead go
            group.rmdir()
            return
        time.sleep(0.05)


def test_a_trainer_that_ran_out_of_memory_says_so(bench: Bench, little_memory: Path) -> None:
    stored = bench.run(f"""
Path({str(little_memory / "cgroup.procs")!r}).write_text(str(os.getpid()))
print("before", flush=True)
ballast = b"x" * (400 * 2**20)
print("never")
""")
    assert stored.logs("stdout") == ["before"]
    assert stored.final is not None
    assert "SIGKILL: the kernel did it because memory ran out" in stored.final.reason
    assert "fewer slots" in stored.final.reason
