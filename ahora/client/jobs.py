"""Jobs on checkpoints: evaluate, export, try on a prompt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ahora.client.base import make_body, part
from ahora.client.errors import ConflictError
from ahora.client.monitoring import MonitoringMethods
from ahora.client.runs import RunMethods
from ahora.client.stream import StreamEvent
from ahora.schemas.base import Problem
from ahora.schemas.jobs import CheckpointJob, JobCreate, JobSummary
from ahora.status import RunStatus


class JobMethods(RunMethods, MonitoringMethods):
    """The client's methods about jobs on checkpoints.

    A job is a run of its kind: `stop`, `delete`, `logs`, `timeline` and `watch` take its id.
    """

    def evaluate(
        self,
        run_id: str,
        *,
        step: int | None = None,
        checkpoint_id: str | None = None,
        **fields: Any,
    ) -> CheckpointJob:
        """Ask for Pass@1 and pass@k of a checkpoint (the newest unless `step` or `checkpoint_id` names one).

        `fields` are those of `ahora.config.EvaluateSpec`, such as ``data={"kind": "gsm8k"}``; what is left
        out is the run's. `wait_for_job` gives the result.
        """
        checkpoint = self.find_checkpoint(run_id, checkpoint_id, step)
        return self.create_job(checkpoint.id, {"kind": "evaluate", **fields})

    def sample(
        self,
        run_id: str,
        prompt: str,
        *,
        step: int | None = None,
        checkpoint_id: str | None = None,
        **fields: Any,
    ) -> CheckpointJob:
        """Ask for completions of `prompt`; `fields` are those of `ahora.config.SampleSpec`."""
        checkpoint = self.find_checkpoint(run_id, checkpoint_id, step)
        return self.create_job(checkpoint.id, {"kind": "sample", "prompt": prompt, **fields})

    def export_model(
        self,
        run_id: str,
        what: Literal["merged", "adapter"] = "merged",
        *,
        step: int | None = None,
        checkpoint_id: str | None = None,
        **fields: Any,
    ) -> CheckpointJob:
        """Ask for a checkpoint as files that other programs load; `download_export` fetches them.

        `fields` are those of `ahora.config.ExportSpec`, such as ``dtype="bfloat16"``.
        """
        checkpoint = self.find_checkpoint(run_id, checkpoint_id, step)
        return self.create_job(checkpoint.id, {"kind": "export", "what": what, **fields})

    def create_job(
        self, checkpoint_id: str, spec: Any, *, priority: int | None = None
    ) -> CheckpointJob:
        """Ask for a job. `spec` is one of `ahora.config`'s specs, or its fields with `kind`."""
        given = {} if priority is None else {"priority": priority}
        body = make_body(JobCreate, "No such job can be asked for:", spec=spec, **given)
        path = f"/checkpoints/{part(checkpoint_id)}/jobs"
        return self._transport.call(CheckpointJob, "POST", path, body=body, once=True)

    def jobs(self, run_id: str) -> list[JobSummary]:
        """The jobs on a run's checkpoints, newest first, without their results."""
        return self._transport.call(list[JobSummary], "GET", f"/runs/{part(run_id)}/jobs")

    def job(self, job_id: str) -> CheckpointJob:
        """A job with its result, once it has one. Raises `NotFoundError`."""
        return self._transport.call(CheckpointJob, "GET", f"/jobs/{part(job_id)}")

    def wait_for_job(
        self,
        job_id: str,
        timeout: float | None = None,
        on_event: Callable[[StreamEvent], None] | None = None,
    ) -> CheckpointJob:
        """Wait until a job is completed, failed or stopped; look at its `status` and `result`.

        Raises:
            WaitTimeoutError: it did not end in time; it goes on.
        """
        self.wait(job_id, timeout, on_event)
        return self.job(job_id)

    def download_export(self, job_id: str, folder: Path | str) -> Path:
        """Download what an export made into `folder`; its files' hashes are checked.

        Raises:
            ConflictError: the export has not completed.
            DownloadError: a file is not what was announced.
        """
        job = self.job(job_id)
        if job.status is not RunStatus.COMPLETED or job.files is None:
            reason = f": {job.status_reason}" if job.status_reason else ""
            detail = f"The job {job_id} has no files: it is {job.status}{reason}."
            raise ConflictError(Problem(title="No files", status=409, detail=detail))
        return self.download(job_id, folder, job.files.id)
