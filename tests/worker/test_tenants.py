"""Nothing of an ended attempt holds memory of its GPU: real processes, and NVML played at its border."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import psutil
import pynvml
import pytest

from ahora.events import LogEvent
from ahora.schemas.workers import Device
from tests.worker.conftest import Bench
from tests.worker.contract import TOKEN, job, until
from worker import supervisor
from worker.devices import GIB, Slot
from worker.runtime import WorkerRuntime
from worker.tenants import GpuTenants
from worker.trainer_process import is_alive

GPU = Slot(
    0,
    "gpu",
    Device(kind="cuda", index=0, name="H100", memory_gb=80),
    cuda_visible="GPU-1",
    threads=1,
)
Gone = Callable[[int], bool]

HIDDEN = """
status("running")
# left the tree and the marker behind: only its memory on the GPU betrays it
hidden = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env={},
                          start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
note("tenants", json.dumps([os.getpid(), hidden.pid]))
stop_on_term(lambda: (status("stopped"), sys.exit(0)))
time.sleep(600)
"""


@dataclass
class Driver:
    """What NVML tells: the processes that a trainer noted, while they live, and whom it keeps in mind."""

    noted: Path
    kept: set[int] = field(default_factory=set)
    """Process ids whose memory the driver does not give back."""
    stubborn: bool = False
    """Whether it gives nothing back."""
    asked: int = 0

    def processes(self, handle: str) -> list[SimpleNamespace]:
        assert handle == "handle of GPU-1"
        self.asked += 1
        noted = json.loads(self.noted.read_text()) if self.noted.exists() else []
        alive = {pid for pid in noted if psutil.pid_exists(pid) and is_alive(psutil.Process(pid))}
        if self.stubborn:
            self.kept |= alive
        return [
            SimpleNamespace(pid=pid, usedGpuMemory=3 * GIB) for pid in sorted(alive | self.kept)
        ]


@pytest.fixture
def driver(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Driver:
    made = Driver(bench.folder / "tenants")
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", lambda uuid: f"handle of {uuid}")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", made.processes)
    for question in ("UtilizationRates", "MemoryInfo", "PowerUsage", "Temperature"):
        monkeypatch.setattr(pynvml, f"nvmlDeviceGet{question}", _unknown)
    bench.slot = GPU
    return made


def _unknown(*_: object) -> None:
    raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)


@pytest.fixture
def stranger() -> Iterator[int]:
    """Somebody else's process on the GPU."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process.pid
    process.kill()
    process.wait()


def test_when_a_run_has_ended_no_process_of_it_holds_gpu_memory_and_others_are_left_alone(
    bench: Bench, driver: Driver, stranger: int, gone: Gone
) -> None:
    driver.kept.add(stranger)
    stored = bench.start("import json\n" + HIDDEN)
    trainer, hidden = json.loads(bench.noted("tenants"))
    seen = driver.asked
    until(lambda: driver.asked > seen + 1, "a look at the GPU")
    launcher = psutil.Process(trainer).parent()
    assert launcher is not None
    launcher.kill()  # so that nobody kills the tree
    bench.join()
    assert stored.final is not None
    assert gone(trainer)
    assert gone(hidden)
    assert not gone(stranger)
    assert [process.pid for process in driver.processes("handle of GPU-1")] == [stranger]
    assert not [line for line in stored.logs("supervisor") if "still held" in line]


def test_a_slot_takes_no_run_while_a_dead_one_holds_its_gpus_memory(
    bench: Bench, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "EVICTION_SECONDS", 0.3)
    driver.stubborn = True
    bench.trainer("""
import json
note("tenants", json.dumps([os.getpid()]))
wait_for("seen")
status("completed")
""")
    runtime = WorkerRuntime(bench.settings, [GPU], TOKEN)
    runtime.start()
    first, second = job(1), job(2)
    bench.api.queue += [first, second]
    real_look = GpuTenants.look

    def look(self: GpuTenants) -> None:
        real_look(self)
        if driver.kept:
            (bench.folder / "seen").touch()

    monkeypatch.setattr(GpuTenants, "look", look)
    assert runtime.work("gpu") == 1, "the second run must not get the GPU"
    assert runtime.work("gpu") == 0
    stored = bench.api.attempts[first.attempt_id]
    (told,) = [
        event.message
        for event in stored.events
        if isinstance(event, LogEvent) and event.level == "error"
    ]
    (pid,) = driver.kept
    assert f"{pid} (3.0 GiB)" in told

    def trouble() -> str | None:
        use = bench.api.worker_beats[-1].use if bench.api.worker_beats else None
        return use.devices[0].trouble if use and use.devices else None

    until(lambda: trouble() == told, "the API hears of it")
    driver.stubborn = False
    driver.kept.clear()
    until(lambda: not trouble() and bench.api.worker_beats[-1].busy_slots == 0, "the GPU is free")
    assert runtime.work("gpu") == 1
    runtime.shutdown.event.set()
    runtime.leave()


def test_a_process_on_the_gpu_that_is_not_of_the_attempt_is_neither_counted_nor_killed(
    tmp_path: Path, driver: Driver, stranger: int
) -> None:
    driver.kept.add(stranger)
    launcher = psutil.Process()
    tenants = GpuTenants("GPU-1", tmp_path, launcher)
    tenants.look()
    assert tenants.holding() == {stranger: 3.0}
    # the launcher has ended, and this process, the stranger's parent, got its number
    launcher._ident = (launcher.pid, 1.0)
    later = GpuTenants("GPU-1", tmp_path, launcher)
    assert later.holding() == {}
    assert later.evict(wait=0)
    assert is_alive(psutil.Process(stranger))


def test_a_driver_that_does_not_tell_holds_nobody_up(
    tmp_path: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", _unknown)
    assert GpuTenants("GPU-1", tmp_path, psutil.Process()).evict(10)
