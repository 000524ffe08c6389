"""Runs one attempt: starts its trainer, records and ships what it says, and ends it when that is wanted.

Runs in a Celery task's thread and never imports torch: the trainer is a process tree of its own.
"""

import logging
import os
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psutil

from ahora.events import ResumedEvent, SystemEvent
from ahora.schemas.workers import Job
from worker.api import WorkerApi
from worker.attempt_folder import AttemptFolder
from worker.datasets import DatasetCache, named
from worker.devices import Slot
from worker.inputs import InputError, Inputs, InterruptedInputs, StoreUnavailableError
from worker.outcome import Wanted, not_supervised, outcome, without_inputs
from worker.output import OutputCapture
from worker.recorder import Recorder
from worker.sampler import SystemSampler
from worker.settings import WorkerSettings
from worker.shipper import Shipper
from worker.spool import SpoolFullError
from worker.store import ArtifactStore
from worker.tenants import EVICTION_SECONDS, GpuTenants
from worker.trainer_env import trainer_environment
from worker.trainer_process import TrainerProcess
from worker.usage import out_of_memory_kills

log = logging.getLogger(__name__)

TICK = 0.1
"""Seconds between looks at the trainer."""
LAST_SHIPMENT = 10.0
"""Seconds a worker that shuts down still tries to ship; the rest waits in the spool for its next start."""


class Shutdown:
    """Tells every supervisor of the process that the worker goes."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.hurry = False
        """Whether trainers are killed instead of waited for (a second Ctrl-C)."""


@dataclass(frozen=True)
class Workplace:
    """What all supervisors of a worker share."""

    api: WorkerApi
    store: ArtifactStore
    settings: WorkerSettings
    heartbeat: float
    """Seconds between heartbeats of an attempt."""
    shutdown: Shutdown

    @cached_property
    def datasets(self) -> DatasetCache:
        """The uploaded datasets that runs read."""
        return DatasetCache(self.settings.home / "cache" / "datasets", self.api)


def ship_last(
    folder: AttemptFolder,
    recorder: Recorder,
    shipper: Shipper,
    shutdown: Shutdown,
    *,
    whole: bool = True,
) -> None:
    """Ship what is left of an attempt that ended; its folder stays for a later worker when that fails,
    or when not all of it is in the spool (`whole`)."""
    shipped = shipper.finish(shutdown.event, LAST_SHIPMENT)
    recorder.removed_until(shipper.last_seq)
    recorder.close()
    if shipped and (whole or shipper.cut_off is not None):
        folder.remove()
    else:
        folder.release()


class Supervisor:
    """One attempt on one slot."""

    def __init__(self, place: Workplace, job: Job, slot: Slot) -> None:
        self._place = place
        self._job = job
        self._slot = slot
        self._wanted = Wanted.NOTHING
        self._reason = ""
        self._deadline = 0.0
        self._killed = False
        self.tenants: GpuTenants | None = None
        """Who still holds memory of the slot's GPU when `run` has returned; None when nobody does."""

    def run(self) -> None:
        """Supervise the attempt until its end is shipped, or written down for a later worker."""
        spool = self._place.settings.spool
        assert spool is not None
        folder = AttemptFolder.create(spool, self._job)
        recorder = Recorder(folder, self._job, self._place.store)
        shipper = Shipper(self._place.api, self._job, recorder.spool, self._place.heartbeat)
        shipper.start()
        recorder.spool.patience = lambda: (
            shipper.cut_off is None and not self._place.shutdown.event.is_set()
        )
        whole = True
        try:
            recorder.log("info", self._greeting())
            folder.write_run(self._job, **self._inputs(folder, recorder, shipper))
            self._train(folder, recorder, shipper)
        except InterruptedInputs:
            if shipper.cut_off is None:
                recorder.write(outcome(None, None, self._wanted, reason=self._reason))
        except (InputError, StoreUnavailableError) as error:
            log.warning("run %s cannot start: %s", self._job.run_id, error)
            recorder.write(without_inputs(error))
        except SpoolFullError as error:
            log.error("run %s is left for the worker's next start: %s", self._job.run_id, error)
            whole = False
        except Exception as error:
            log.exception("run %s cannot be supervised", self._job.run_id)
            recorder.write(not_supervised(error))
        finally:
            ship_last(folder, recorder, shipper, self._place.shutdown, whole=whole)

    def _inputs(
        self, folder: AttemptFolder, recorder: Recorder, shipper: Shipper
    ) -> dict[str, Any]:
        """Local folders of the checkpoints the job starts from, as the trainer reads them; the datasets it
        reads are fetched too."""

        def wait(seconds: float) -> None:
            deadline = time.monotonic() + seconds
            while True:
                self._heed(shipper)
                if self._wanted is not Wanted.NOTHING or shipper.cut_off is not None:
                    raise InterruptedInputs
                if time.monotonic() >= deadline:
                    return
                time.sleep(TICK)

        for sha256 in named(self._job.config):
            self._place.datasets.fetch(sha256, wait)
        inputs = Inputs(self._place.store, folder.inputs, wait)
        if self._job.kind != "train":
            assert self._job.from_checkpoint is not None
            checkpoint = str(inputs.folder(self._job.from_checkpoint))
            order = {"spec": self._job.spec, "facts": self._job.facts}
            return {"job": order, "checkpoint": checkpoint}
        own = self._job.resume_from
        folders = inputs.newest(own, lambda message: recorder.log("warning", message))
        if own and not folders:
            reason = "None of its checkpoints can be used, so it begins anew."
            recorder.write(ResumedEvent(step=0, reason=reason))
        found: dict[str, Any] = {"resume_from": [str(path) for path in folders]}
        begun_with = self._job.from_checkpoint
        if begun_with is not None:
            try:
                found["initialise_from"] = str(inputs.folder(begun_with))
            except InputError as error:
                if not folders:
                    raise
                # only a KL term still needs it, and the trainer says so then
                recorder.log("warning", f"The checkpoint it began with cannot be used: {error}.")
        shipper.notify()
        return found

    def _train(self, folder: AttemptFolder, recorder: Recorder, shipper: Shipper) -> None:
        process = TrainerProcess(
            [*self._place.settings.trainer_command, str(folder.run_json), str(folder.out)],
            trainer_environment(
                {**os.environ, "AHORA_DATASETS": str(self._place.datasets.folder)},
                cuda_visible=self._slot.cuda_visible,
                threads=self._threads(),
            ),
            folder.path,
        )
        recorder.spool.patience = lambda: self._patient(process, shipper)
        sampler = SystemSampler(process.pid, self._slot, self._place.settings.system_seconds)
        if self._slot.cuda_visible:
            launcher = psutil.Process(process.pid)  # not waited for yet, so the number is its own
            self.tenants = GpuTenants(self._slot.cuda_visible, folder.path, launcher)
        killed_for_memory = out_of_memory_kills()
        try:
            output = OutputCapture(*process.outputs)
            while process.exit_code() is None:
                self._record(recorder, output, shipper, sampler.sample())
                if self.tenants is not None:
                    self.tenants.look()
                self._obey(process, shipper)
                time.sleep(TICK)
            output.finish()
            self._record(recorder, output, shipper, last=True)
        finally:
            process.kill()
            process.close()
            sampler.close()
            self._evict(recorder)
        if shipper.cut_off is None:
            exit_code = process.exit_code()
            if self._place.shutdown.event.is_set() and self._wanted is Wanted.NOTHING:
                self._wanted = Wanted.SHUTDOWN  # the signal reached the trainer first
            end = outcome(
                recorder.final,
                exit_code,
                self._wanted,
                killed=self._killed,
                reason=self._reason,
                stderr=output.stderr_end(),
                out_of_memory=out_of_memory_kills() > killed_for_memory,
            )
            recorder.write(end)
            log.info("run %s ended: %s %s", self._job.run_id, end.status.value, end.reason)

    def _evict(self, recorder: Recorder) -> None:
        """See to it that the ended attempt holds no memory of its GPU, and tell where it still does."""
        tenants = self.tenants
        if tenants is None:
            return
        if tenants.evict(EVICTION_SECONDS):
            tenants.close()
            self.tenants = None
        else:
            recorder.log("error", tenants.told)

    def _record(
        self,
        recorder: Recorder,
        output: OutputCapture,
        shipper: Shipper,
        sample: SystemEvent | None = None,
        last: bool = False,
    ) -> None:
        before = recorder.spool.last_seq
        recorder.write(*output.take(last))
        if sample is not None:
            recorder.write(sample)
        recorder.collect(last)
        recorder.removed_until(shipper.last_seq)
        if recorder.spool.last_seq != before:
            shipper.notify()

    def _obey(self, process: TrainerProcess, shipper: Shipper) -> None:
        """End the trainer when somebody wants that: first asking, later killing."""
        if shipper.cut_off is not None:
            process.kill()
            return
        asked = self._wanted is not Wanted.NOTHING
        self._heed(shipper)
        if not asked and self._wanted is not Wanted.NOTHING:
            self._deadline = time.monotonic() + self._place.settings.stop_grace
            process.terminate()
        elif asked and (time.monotonic() > self._deadline or self._place.shutdown.hurry):
            self._killed = True
            process.kill()

    def _patient(self, process: TrainerProcess, shipper: Shipper) -> bool:
        """Whether to go on waiting for room on the spool's disk; what is wanted is obeyed meanwhile."""
        self._obey(process, shipper)
        leaving = self._place.shutdown.event.is_set() and process.exit_code() is not None
        return shipper.cut_off is None and not leaving

    def _heed(self, shipper: Shipper) -> None:
        """Note what is wanted of the attempt; a stop overrules a pause that is under way."""
        silent = time.monotonic() - shipper.last_contact
        if shipper.desired == "stop" and self._wanted in (Wanted.NOTHING, Wanted.PAUSE):
            self._wanted, self._reason = Wanted.STOP, shipper.reason
        elif self._wanted is not Wanted.NOTHING:
            return
        elif shipper.desired == "pause":
            self._wanted, self._reason = Wanted.PAUSE, shipper.reason
        elif self._place.shutdown.event.is_set():
            self._wanted = Wanted.SHUTDOWN
        elif silent > self._place.settings.orphan_grace:
            log.warning("run %s: no API for %.0f s", self._job.run_id, silent)
            self._wanted = Wanted.ORPHAN

    def _threads(self) -> int:
        asked = self._job.config.get("resources", {}).get("num_threads")
        return int(asked) if asked else self._slot.threads

    def _greeting(self) -> str:
        device = self._slot.device
        return (
            f"Attempt {self._job.attempt} starts on worker {self._place.settings.worker_name}, "
            f"slot {self._slot.index}: {device.name}, CPU threads: {self._threads()}."
        )
