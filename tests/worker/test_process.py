"""The worker as a process: real Celery on a real Redis, started, broken and killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ahora.events import MetricsEvent
from ahora.schemas.workers import Job
from tests.worker.contract import TOKEN, FakeApi, StoredAttempt, job, lines, until
from tests.worker.scripts import STUBBORN
from tests.worker.site import RedisServer, WorkerSite
from worker.trainer_process import MARKER, clear_leftovers, identity

pytestmark = pytest.mark.stack

Gone = Callable[[int], bool]

TRAINER = """
def save():
    status("stopped")
    sys.exit(0)
stop_on_term(save)
status("running")
metrics(1)
note(run_json.parent.name, os.getpid())
wait_for("finish")
status("completed")
"""


class Site(WorkerSite):
    """Workers with an API that fails on demand."""

    def __init__(self, folder: Path, api: FakeApi, redis_server: RedisServer) -> None:
        super().__init__(folder, api.url, redis_server, TOKEN)
        self.api = api
        self.trainer(TRAINER)

    def queue(self, *jobs: Job) -> None:
        with self.api.lock:
            self.api.queue += jobs

    def busy(self) -> int | None:
        """Slots the worker last said were busy; None before its first word."""
        beats = self.api.worker_beats
        return beats[-1].busy_slots if beats else None

    def started(self, which: Job) -> int:
        """Process id of the job's trainer, once it runs."""
        note = self.folder / which.attempt_id
        until(note.exists, f"the trainer of {which.run_name}", 30)
        return int(note.read_text())

    def attempt(self, which: Job) -> StoredAttempt:
        until(lambda: which.attempt_id in self.api.attempts, f"a claim of {which.run_name}", 30)
        return self.api.attempts[which.attempt_id]

    def finished(self, which: Job) -> StoredAttempt:
        stored = self.attempt(which)
        until(lambda: stored.final, f"the end of {which.run_name}", 30)
        return stored


@pytest.fixture
def site(tmp_path: Path, api: FakeApi, redis_server: RedisServer) -> Iterator[Site]:
    made = Site(tmp_path, api, redis_server)
    yield made
    made.close()
    assert api.problems == []


def test_a_worker_takes_what_waits_and_what_is_rung_for_and_leaves_in_order(site: Site) -> None:
    waiting = [job(1), job(2), job(3)]
    site.queue(*waiting)
    process = site.worker()
    # Two slots take two without a bell; the third is taken by the slot that is free first.
    for one in waiting[:2]:
        site.started(one)
    (registered,) = site.api.workers.values()
    assert (registered.slots, registered.queues, len(registered.devices)) == (2, ["cpu"], 2)
    until(lambda: site.busy() == 2, "both slots busy")
    site.redis.ring(2)
    assert site.redis.waiting() == 2  # left for a worker with an idle slot
    (site.folder / "finish").touch()
    for one in waiting:
        assert site.finished(one).final.status == "completed"
    rung = job(4)
    until(lambda: site.busy() == 0, "slots idle")
    site.queue(rung)
    site.redis.ring(3)
    assert site.finished(rung).final.status == "completed"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert site.api.left == [registered.worker_id]


def test_a_claim_whose_answer_is_lost_is_not_a_second_run(site: Site) -> None:
    site.queue(job(1), job(2))
    site.api.lose_answers = 2
    (site.folder / "finish").touch()
    site.worker()
    for one in (job(1), job(2)):
        assert site.finished(one).final.status == "completed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_shutdown_gives_runs_back_and_ends_in_time(
    site: Site, gone: Gone, number: signal.Signals
) -> None:
    site.queue(job(1), job(2))
    process = site.worker()
    pids = [site.started(job(1)), site.started(job(2))]
    process.send_signal(number)
    assert process.wait(20) == 0
    assert all(gone(pid) for pid in pids)
    for one in (job(1), job(2)):
        final = site.attempt(one).final
        assert final is not None
        assert final.status == "queued"
    assert not list((site.folder / "home/spool").iterdir())


def test_a_second_interrupt_does_not_wait_for_stubborn_trainers(site: Site, gone: Gone) -> None:
    site.trainer(STUBBORN)
    site.queue(job(1))
    process = site.worker()
    note = site.folder / "pids"
    until(note.exists, "the trainer", 30)
    process.send_signal(signal.SIGINT)
    site.said("interrupt again to kill them")
    process.send_signal(signal.SIGINT)
    process.wait(4.5)  # less than the grace time
    assert all(gone(int(pid)) for pid in note.read_text().split())


def test_a_killed_worker_takes_the_whole_tree_with_it_and_the_next_one_ships_the_rest(
    site: Site, gone: Gone
) -> None:
    site.trainer(STUBBORN.replace('note("pids"', 'wait_for("away")\nmetrics(7)\nnote("pids"'))
    one = job(1, resources={"max_attempts": 3})
    site.queue(one)
    process = site.worker()
    until(lambda: site.attempt(one).events[1:], "running")
    site.api.down()
    (site.folder / "away").touch()
    until((site.folder / "pids").exists, "the trainer")
    until((site.folder / "daemon").exists, "its daemon")
    pids = [int(pid) for pid in (site.folder / "pids").read_text().split()]
    pids.append(int((site.folder / "daemon").read_text()))
    process.kill()
    process.wait()
    until(lambda: all(gone(pid) for pid in pids), "the tree is gone", 5)
    site.api.up()
    site.worker()
    stored = site.finished(one)
    assert stored.final is not None
    assert stored.final.status == "queued"
    assert [event.step for event in stored.events if isinstance(event, MetricsEvent)] == [7]
    until(lambda: not list((site.folder / "home/spool").iterdir()), "the spool is empty")


def test_what_even_the_launcher_left_is_cleared_but_never_a_recycled_number(
    tmp_path: Path, kill_at_end: list[int]
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    folder = tmp_path / "attempt"
    folder.mkdir()
    left = subprocess.Popen(sleep, env={MARKER: str(folder)}, start_new_session=True)
    launcher = subprocess.Popen(sleep, start_new_session=True)
    stranger = subprocess.Popen(sleep, env={MARKER: f"{folder}2"}, start_new_session=True)
    kill_at_end += [left.pid, launcher.pid, stranger.pid]
    record = {"pid": launcher.pid, "identity": ["another boot", *identity(launcher.pid)[1:]]}
    (folder / "process.json").write_text(json.dumps(record))
    assert clear_leftovers(folder) == 1
    left.wait(5)
    assert (launcher.poll(), stranger.poll()) == (None, None)
    record["identity"] = identity(launcher.pid)
    (folder / "process.json").write_text(json.dumps(record))
    assert clear_leftovers(folder) == 1
    launcher.wait(5)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_the_spool_of_a_living_worker_is_left_alone(site: Site) -> None:
    site.queue(job(1))
    site.worker()
    pid = site.started(job(1))
    other = site.worker("--name", "other")
    until(lambda: len(site.api.workers) == 2, "the second worker")
    assert psutil.pid_exists(pid)
    (site.folder / "finish").touch()
    assert site.finished(job(1)).final.status == "completed"
    other.send_signal(signal.SIGTERM)
    assert other.wait(20) == 0


def test_a_finished_run_whose_worker_died_is_finished_by_the_next(site: Site) -> None:
    spool = site.folder / "home/spool"
    one = job(1)
    folder = spool / one.attempt_id
    (folder / "out").mkdir(parents=True)
    (folder / "job.json").write_text(one.model_dump_json())
    first, second = (MetricsEvent(step=n, elapsed=1, tokens=1, values={}) for n in (1, 2))
    text = lines([first, second])
    (folder / "out/events.jsonl").write_text(text + '{"type":"status","status":"completed"}\n')
    tail = len(lines([first]))
    spooled = f'{{"seq":1,"tail":{tail},"event":{first.line()}}}\n'
    (folder / "spool.jsonl").write_text(spooled + '{"seq":2,"ta')
    site.api.add(one).events.append(first)
    (spool / "half").mkdir()  # its worker died before it wrote down the job
    site.worker()
    stored = site.finished(one)
    assert [event.type for event in stored.events] == ["metrics", "metrics", "status"]
    assert stored.final.status == "completed"
    until(lambda: not list(spool.iterdir()), "the spool is empty")


def test_a_worker_waits_for_api_and_broker_and_outlives_their_absence(site: Site) -> None:
    site.api.down()
    site.redis.stop()
    (site.folder / "finish").touch()
    process = site.worker()
    site.said("waiting for the API")
    site.api.up()
    site.said("Cannot connect to")
    site.queue(job(1))
    site.redis.start()
    assert site.finished(job(1)).final.status == "completed"
    until(lambda: site.busy() == 0, "slots idle")
    site.redis.stop()
    site.said("Connection to broker lost")
    site.redis.start()
    site.queue(job(2))

    def rung() -> bool:
        site.redis.ring()
        return job(2).attempt_id in site.api.attempts

    until(rung, "the bell is heard again", 30)
    assert site.finished(job(2)).final.status == "completed"
    site.redis.stop()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_worker_ends_also_when_its_broker_hangs(site: Site) -> None:
    process = site.worker()
    site.said("ready.")
    site.redis.freeze()
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0


def test_a_worker_that_still_waits_can_be_ended(site: Site) -> None:
    site.redis.stop()
    process = site.worker()
    site.said("Cannot connect to")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    site.api.down()
    process = site.worker()
    site.said("waiting for the API")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "Traceback" not in site.log()


def test_a_token_that_is_refused_ends_the_worker_with_a_sentence(site: Site) -> None:
    assert site.worker(token="wrong").wait(20) == 2
    assert "refuses this worker's token" in site.log()
    assert "Traceback" not in site.log()
    site.queue(job(1))
    process = site.worker()
    site.started(job(1))
    site.api.refuse_tokens = True
    assert process.wait(20) == 1
    assert site.attempt(job(1)).final.status == "queued"
    assert "refuses this worker's token, so it ends" in site.log()


def test_a_worker_the_api_forgot_registers_again(site: Site) -> None:
    site.worker()
    until(lambda: site.api.worker_beats, "a heartbeat", 30)
    with site.api.lock:
        site.api.workers.clear()
    until(lambda: site.api.workers, "registered again")
