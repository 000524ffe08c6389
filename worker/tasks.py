"""The one Celery task: somebody rang, so look for work."""

from worker.celery_app import app
from worker.runtime import WorkerRuntime
from worker.settings import QueueName


class _Current:
    """The runtime of this process, set before Celery starts."""

    runtime: WorkerRuntime | None = None


def use(runtime: WorkerRuntime) -> None:
    """Make `runtime` the one that tasks of this process work for."""
    _Current.runtime = runtime


@app.task(name="ahora.work")
def work(queue: QueueName) -> None:
    """Claim, supervise, claim again, until nothing that waits in `queue` fits a free slot."""
    assert _Current.runtime is not None, "the worker was not started with `python -m worker`"
    _Current.runtime.work(queue)
