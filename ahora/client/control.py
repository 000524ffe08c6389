"""Pausing, resuming, stopping and trying runs again, and running on from a checkpoint."""

from collections.abc import Mapping
from typing import Any

from ahora.client.base import Part, make_body, part
from ahora.schemas.runs import (
    CheckpointRun,
    PauseRequest,
    ResumeRequest,
    RetryRequest,
    Run,
    StopRequest,
)


class ControlMethods(Part):
    """The client's methods that change a run's state.

    Each raises `ConflictError`, which says what is possible, when the run's state does not allow it.
    Repeating one is harmless.
    """

    def stop(self, run_id: str, reason: str = "") -> Run:
        """Ask a run to stop; it keeps its last checkpoint."""
        body = make_body(StopRequest, "The run cannot be stopped so:", reason=reason)
        return self._transport.call(Run, "POST", f"/runs/{part(run_id)}/stop", body=body)

    def pause(self, run_id: str, reason: str = "") -> Run:
        """Ask a run to save a checkpoint and free its device until it is resumed."""
        body = make_body(PauseRequest, "The run cannot be paused so:", reason=reason)
        return self._transport.call(Run, "POST", f"/runs/{part(run_id)}/pause", body=body)

    def resume(self, run_id: str, reason: str = "") -> Run:
        """Queue a paused run; it goes on from its newest checkpoint."""
        body = make_body(ResumeRequest, "The run cannot be resumed so:", reason=reason)
        return self._transport.call(Run, "POST", f"/runs/{part(run_id)}/resume", body=body)

    def retry(self, run_id: str, reason: str = "", *, from_start: bool = False) -> Run:
        """Queue a run that failed, was stopped or lost. It goes on from its newest checkpoint, or with
        `from_start` begins anew."""
        body = make_body(
            RetryRequest, "The run cannot be retried so:", reason=reason, from_start=from_start
        )
        return self._transport.call(Run, "POST", f"/runs/{part(run_id)}/retry", body=body)

    def launch_from(
        self,
        checkpoint_id: str,
        *,
        overrides: Mapping[str, Any] | None = None,
        name: str | None = None,
        priority: int | None = None,
    ) -> Run:
        """Launch a new run that begins with a checkpoint's weights, at step 0.

        Args:
            checkpoint_id: Of any run (`checkpoints`).
            overrides: Changes to that run's configuration, by dotted path; not of the model itself.
            name: Empty gets a readable one.
            priority: Empty takes that of the checkpoint's run.
        """
        body = make_body(
            CheckpointRun,
            "No run can be launched so:",
            name=name,
            overrides=dict(overrides or {}),
            priority=priority,
        )
        path = f"/checkpoints/{part(checkpoint_id)}/runs"
        return self._transport.call(Run, "POST", path, body=body, once=True)
