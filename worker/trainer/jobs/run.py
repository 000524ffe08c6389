"""Runs a job on a checkpoint: open it, do what is asked, report the result."""

from pathlib import Path

from ahora.config import EvaluateSpec, RunConfig, SampleSpec
from ahora.events import ResultEvent
from ahora.results import JobResult
from ahora.status import RunStatus
from worker.trainer.jobs.evaluate import evaluate
from worker.trainer.jobs.export import export
from worker.trainer.jobs.order import JobOrder
from worker.trainer.jobs.sample import sample
from worker.trainer.jobs.workbench import Workbench
from worker.trainer.journal import Journal
from worker.trainer.stop import Stop


def run_job(
    order: JobOrder, config: RunConfig, checkpoint: Path, out: Path, journal: Journal, stop: Stop
) -> None:
    """Do what `order` asks with the checkpoint in the folder `checkpoint`.

    `config` is the run's, with what the job sets otherwise (`ahora.config.job_config`). Raises RunError,
    and StopRequested when it was asked to stop.
    """
    result: JobResult
    with stop.at_once():
        bench = Workbench(config, checkpoint, journal, stop)
        journal.status(RunStatus.RUNNING)
        if isinstance(order.spec, EvaluateSpec):
            result = evaluate(bench)
        elif isinstance(order.spec, SampleSpec):
            result = sample(bench, order.spec)
        else:
            result = export(bench, order.spec, order.facts, out)
    journal.write(ResultEvent(result=result))
