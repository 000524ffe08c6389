"""Bodies as the server sends them."""

from datetime import UTC, datetime
from typing import Any

from ahora.config import RunConfig
from ahora.schemas.runs import Run, RunSummary, RunTiming
from ahora.status import RunStatus

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def summary(run_id: str = "aaaaaaaaaaaa", status: str = "running", **changes: Any) -> RunSummary:
    fields: dict[str, Any] = {
        "id": run_id,
        "name": "a run",
        "project": "default",
        "status": RunStatus(status),
        "status_reason": "",
        "phase": "training",
        "phase_message": "",
        "step": 3,
        "max_steps": 10,
        "algorithm": "grpo",
        "alpha": 0.0,
        "model": "tiny",
        "data": "multiplication",
        "seed": 0,
        "tags": [],
        "priority": 0,
        "created_by": "owner",
        "created_at": _NOW,
        "started_at": None,
        "finished_at": None,
        "last_event_at": None,
        "eta_seconds": None,
        "last_reward": None,
        "last_pass_at_1": None,
        "worker": None,
        "waits_for": None,
        "parent_run_id": None,
        "deleted_at": None,
        "actions": [],
    }
    return RunSummary(**{**fields, **changes})


def run(run_id: str = "aaaaaaaaaaaa", status: str = "running", **changes: Any) -> Run:
    return Run(
        **summary(run_id, status, **changes).model_dump(),
        config=RunConfig().resolved(),
        schema_version=1,
        notes="",
        preset=None,
        queue="cpu",
        from_checkpoint=None,
        due_at=None,
        attempts=[],
        timing=RunTiming(queue_seconds=1.0, run_seconds=2.0, device_hours={}),
        version=1,
    )


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    return {"title": "Problem", "status": status, "detail": detail, **more}
