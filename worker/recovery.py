"""Finishes what an earlier worker of the same spool left: clears its processes, ships its events."""

import logging
import threading
from pathlib import Path

from worker.attempt_folder import AttemptFolder
from worker.outcome import Wanted, lost_with_worker, outcome
from worker.recorder import Recorder
from worker.shipper import Shipper
from worker.supervisor import Workplace, ship_last
from worker.trainer_process import clear_leftovers

log = logging.getLogger(__name__)


def clear(spool: Path) -> list[AttemptFolder]:
    """Take the folders whose worker is gone and kill what still runs of them.

    Returns those that have something to ship, locked.
    """
    taken: list[AttemptFolder] = []
    for path in sorted(path for path in spool.iterdir() if path.is_dir()):
        folder = AttemptFolder(path)
        if not folder.lock():
            continue  # another worker of this machine is at it
        killed = clear_leftovers(path)
        if killed:
            log.warning("%s: killed %d processes that an earlier worker left", path.name, killed)
        if folder.job() is None:
            folder.remove()
        else:
            taken.append(folder)
    return taken


def ship_in_background(place: Workplace, folders: list[AttemptFolder]) -> None:
    """Ship `folders` one after another in a thread, which ends with the worker."""
    if folders:
        threading.Thread(
            target=_ship_all, args=(place, folders), name="ahora-recovery", daemon=True
        ).start()


def _ship_all(place: Workplace, folders: list[AttemptFolder]) -> None:
    for folder in folders:
        if place.shutdown.event.is_set():
            folder.release()
            continue
        try:
            _ship(place, folder)
        except Exception:  # one spoiled folder must not keep the others
            log.exception("%s cannot be shipped: it stays as it is", folder.path)
            folder.release()


def _ship(place: Workplace, folder: AttemptFolder) -> None:
    job = folder.job()
    assert job is not None
    log.info("shipping what is left of run %s, attempt %d", job.run_id, job.attempt)
    recorder = Recorder(folder, job, place.store)
    recorder.spool.patience = lambda: not place.shutdown.event.is_set()
    if not recorder.spool.ended:
        recorder.collect(last=True)
        if recorder.final is None:
            recorder.write(lost_with_worker())
        else:  # if it was stopped by a user, the API takes "waits again" for "stopped"
            recorder.write(outcome(recorder.final, None, Wanted.SHUTDOWN))
    shipper = Shipper(place.api, job, recorder.spool, place.heartbeat)
    shipper.start()
    ship_last(folder, recorder, shipper, place.shutdown)
