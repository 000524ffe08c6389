"""``python -m worker.trainer run.json out/``: train one run, JSON in, JSON lines out.

``run.json`` holds ``config`` (a RunConfig), ``run_id``, ``run_name`` and ``attempt``, and the checkpoints
to begin with (`Job`); for a job on a checkpoint (worker/trainer/jobs) also ``job`` and ``checkpoint``, the
checkpoint's folder. ``out/`` gets ``events.jsonl`` (one event of `ahora.events` a line) and
``checkpoints/``. SIGTERM and SIGINT abandon the step under way, save the last finished one and end with
status 0.

``--resume`` goes on in ``out/`` from its newest whole checkpoint, and ``events.jsonl`` is continued;
``--resume FOLDER`` from the checkpoint in FOLDER, of whatever run.
"""

import argparse
import sys
import traceback
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError, model_validator

from ahora.config import RunConfig
from ahora.config.base import misfit
from ahora.config.errors import field_errors
from ahora.status import RunStatus
from worker.trainer.checkpoints.layout import own_checkpoints
from worker.trainer.checkpoints.start import Start
from worker.trainer.errors import RunError
from worker.trainer.jobs.order import JobOrder
from worker.trainer.journal import Journal
from worker.trainer.stop import Stop, StopRequested

_OWN = Path()
"""Stands for the output folder's own checkpoints."""


class Job(BaseModel):
    """What ``run.json`` holds."""

    config: RunConfig
    run_id: str = ""
    run_name: str = ""
    attempt: int = Field(default=1, ge=1)
    resume_from: list[Path] = Field(default_factory=list)
    """Folders of this run's checkpoints, newest first: training goes on from the first that is whole.
    Unless there are none, a `ResumedEvent` says from which."""
    initialise_from: Path | None = None
    """Folder of a checkpoint that the run took its weights from, and nothing else, before its first
    step. It is given to later attempts too: the KL term is against these weights."""
    job: JobOrder | None = None
    """What is done with `checkpoint`; without one the run is trained."""
    checkpoint: Path | None = None

    @model_validator(mode="after")
    def _has_checkpoint(self) -> "Job":
        if self.job is not None and self.checkpoint is None:
            raise misfit("checkpoint", "checkpoint must name the folder that the job works on")
        return self


def main(arguments: list[str]) -> int:
    """Run one job; the exit status is 0 when it completed or stopped, else 1."""
    parser = argparse.ArgumentParser(prog="python -m worker.trainer", description="Train one run.")
    parser.add_argument("run", type=Path, help="JSON file with the run's configuration")
    parser.add_argument("out", type=Path, help="folder for events and checkpoints")
    parser.add_argument(
        "--resume",
        nargs="?",
        const=_OWN,
        type=Path,
        metavar="FOLDER",
        help="go on from the newest whole checkpoint in the output folder, or from that in FOLDER",
    )
    given = parser.parse_args(arguments)
    stop = Stop()
    stop.on_signals()
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        journal = Journal(given.out / "events.jsonl", stop, go_on=given.resume is not None)
    except (OSError, RunError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with journal:
        try:
            journal.progress("setup", "starting")
            return _run(given.run, given.out, given.resume, journal, stop)
        except RunError as error:  # the journal itself cannot be written
            sys.stderr.write(f"{error.reason}\n")
            return 1


def _run(file: Path, out: Path, resume: Path | None, journal: Journal, stop: Stop) -> int:
    # torch takes seconds to load, so progress is told first
    from worker.trainer.failure import explained
    from worker.trainer.jobs.run import run_job
    from worker.trainer.loop import train

    try:
        job = read_job(file)
        if job.job is not None and job.checkpoint is not None:
            run_job(job.job, job.config, job.checkpoint, out, journal, stop)
        else:
            train(job.config, job.run_id, out, journal, stop, _start(job, out, resume))
    except StopRequested as stopped:
        journal.status(RunStatus.STOPPED, f"Stopped as asked. {stopped}".strip())
        return 0
    except Exception as error:  # the process border: whatever it is ends as an event
        known = explained(error)
        if known is None:
            journal.log("error", "".join(traceback.format_exception(error)))
            known = RunError(
                "internal",
                f"the trainer failed unexpectedly ({type(error).__name__}: {error}); the log has the "
                "details",
            )
        sys.stderr.write(f"{known.reason}\n")
        journal.status(RunStatus.FAILED, known.reason, known.error_type)
        return 1
    journal.status(RunStatus.COMPLETED)
    return 0


def _start(job: Job, out: Path, resume: Path | None) -> Start:
    if resume is None:
        return Start(
            job.resume_from, resumes=bool(job.resume_from), initialise_from=job.initialise_from
        )
    by_hand = resume is not _OWN
    return Start(
        [resume] if by_hand else [*own_checkpoints(out), *job.resume_from],
        of_any_run=by_hand,
        resumes=True,
        initialise_from=job.initialise_from,
    )


def read_job(file: Path) -> Job:
    """The job in `file`. Raises RunError `config_invalid` that names each invalid field."""
    try:
        return Job.model_validate_json(file.read_bytes())
    except OSError as error:
        raise RunError("config_invalid", f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{each.path}: {each.message} ({each.remedy})" for each in field_errors(error)
        )
        raise RunError("config_invalid", f"{file} is not a valid run: {problems}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
