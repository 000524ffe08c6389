"""What goes wrong: each fault is done to a running site and returns what has to be undone later."""

import errno
import random
import signal
from collections.abc import Callable
from contextlib import suppress

import psutil

from tests.chaos.site import LEASE, Member, Site

Undo = Callable[[], None]
Fault = Callable[[Site, random.Random], tuple[str, float, Undo] | None]
"""Gives a description, the seconds until it is undone, and how; None when it cannot be done now."""


def _nothing() -> None:
    """There is nothing to undo."""


def _one_of(members: list[Member], rng: random.Random) -> Member | None:
    """A running member; mostly none when it is the last of its kind, so that something goes on."""
    running = [member for member in members if member.alive]
    last = len(running) < len(members)
    if not running or (last and rng.random() < 0.7):
        return None
    return rng.choice(running)


def _kill(members: list[Member], rng: random.Random) -> tuple[str, float, Undo] | None:
    member = _one_of(members, rng)
    if member is None:
        return None
    member.kill()
    return f"kill {member.name}", rng.uniform(0.0, 2 * LEASE), member.start


def _freeze(members: list[Member], rng: random.Random) -> tuple[str, float, Undo] | None:
    member = _one_of(members, rng)
    if member is None:
        return None
    member.signal(signal.SIGSTOP)
    return (
        f"freeze {member.name}",
        rng.uniform(0.2, 2.5 * LEASE),
        lambda: member.signal(signal.SIGCONT),
    )


def _terminate(members: list[Member], rng: random.Random) -> tuple[str, float, Undo] | None:
    member = _one_of(members, rng)
    if member is None:
        return None
    member.signal(signal.SIGTERM)

    def again() -> None:
        if member.alive:
            member.signal(signal.SIGCONT)
            member.terminate()
        member.start()

    return f"terminate {member.name}", rng.uniform(0.5, LEASE), again


def kill_api(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _kill(site.apis, rng)


def freeze_api(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _freeze(site.apis, rng)


def restart_api(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _terminate(site.apis, rng)


def kill_worker(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _kill(site.workers, rng)


def freeze_worker(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _freeze(site.workers, rng)


def restart_worker(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _terminate(site.workers, rng)


def kill_redis(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _kill([site.redis], rng)


def freeze_redis(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    return _freeze([site.redis], rng)


def kill_trainer(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    """A trainer or its launcher."""
    trainers = site.trainers()
    if not trainers:
        return None
    with suppress(psutil.Error):
        rng.choice(trainers).kill()
    return "kill a trainer", 0.0, _nothing


def freeze_trainer(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    """A trainer or its launcher."""
    trainers = site.trainers()
    if not trainers:
        return None
    chosen = rng.choice(trainers)
    with suppress(psutil.Error):
        chosen.suspend()

    def resume() -> None:
        with suppress(psutil.Error):
            chosen.resume()

    return "freeze a trainer", rng.uniform(0.2, LEASE), resume


def disturb_network(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    """Requests of workers are dropped, delayed and doubled."""
    site.proxy.trouble = rng.uniform(0.2, 0.7)

    def calm() -> None:
        site.proxy.trouble = 0.05

    return "disturb the network", rng.uniform(1.0, 2 * LEASE), calm


def fill_disk(site: Site, rng: random.Random) -> tuple[str, float, Undo] | None:
    """A worker's spool disk is full."""
    spool = rng.choice(site.spools)
    if not (spool / ".disk").exists():
        return None
    filler = spool / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * (64 * 1024))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return f"fill {spool.name}", rng.uniform(0.5, LEASE), lambda: filler.unlink(missing_ok=True)


FAULTS: dict[Fault, int] = {
    kill_api: 2,
    freeze_api: 2,
    restart_api: 1,
    kill_worker: 3,
    freeze_worker: 3,
    restart_worker: 1,
    kill_redis: 2,
    freeze_redis: 1,
    kill_trainer: 4,
    freeze_trainer: 2,
    disturb_network: 3,
    fill_disk: 1,
}
"""Each fault with how often it is chosen."""
