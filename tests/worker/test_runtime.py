"""Claims, without Celery."""

from collections.abc import Iterator

import pytest

from tests.worker.conftest import Bench
from tests.worker.contract import TOKEN, job, until
from worker.api import ApiError, RefusedError, WorkerApi
from worker.runtime import WorkerRuntime


@pytest.fixture
def runtime(bench: Bench) -> Iterator[WorkerRuntime]:
    made = WorkerRuntime(bench.settings, [bench.slot], TOKEN)
    made.start()
    yield made
    made.shutdown.event.set()
    made.leave()


def test_a_slot_works_until_nothing_waits(bench: Bench, runtime: WorkerRuntime) -> None:
    bench.trainer("status('completed')")
    bench.api.queue += [job(1), job(2), job(3)]
    assert runtime.work("cpu") == 3
    assert runtime.work("cpu") == 0
    assert runtime.work("gpu") == 0
    assert (
        len(bench.api.claims) == 5
    )  # three runs and two vain ones; a queue without slots asks none


def test_a_worker_that_is_drained_claims_nothing(bench: Bench, runtime: WorkerRuntime) -> None:
    bench.api.drain = True
    beats = len(bench.api.worker_beats)
    until(lambda: len(bench.api.worker_beats) > beats + 1, "the order has arrived")
    bench.api.queue.append(job(1))
    assert runtime.work("cpu") == 0
    assert bench.api.claims == {}


def test_registration_tells_what_the_worker_is(bench: Bench, runtime: WorkerRuntime) -> None:
    (registered,) = bench.api.workers.values()
    assert registered.name == "bench"
    assert len(registered.store) == 32
    assert {"ahora", "python"} <= registered.versions.keys()


def test_a_wrong_token_is_told_from_an_api_that_is_another(bench: Bench) -> None:
    runtime = WorkerRuntime(bench.settings, [bench.slot], "wrong")
    with pytest.raises(RefusedError):
        runtime.start()
    runtime.leave()
    stranger = WorkerApi(f"{bench.api.url}/elsewhere", TOKEN)
    with pytest.raises(ApiError, match="404"):
        stranger.leave("nobody")
    stranger.close()
