"""Projects: how many runs, what is kept of them, how much they hold."""

from typing import Annotated

from pydantic import Field

from ahora.schemas.base import Request, Schema

Days = Annotated[int, Field(ge=1, le=36_500)]


class Retention(Request):
    """What is kept of a project's runs once they have ended; null keeps everything."""

    keep_checkpoints: int | None = Field(default=None, ge=1, le=100_000)
    """Newest checkpoints kept of each run, beside the one with the highest Pass@1."""
    checkpoint_days: Days | None = None
    """Days after a run's end at which all of its checkpoints are deleted."""
    rollout_days: Days | None = None
    """Days after a run's end at which its rollouts are deleted."""


class DiskUsage(Schema):
    """Bytes that something holds."""

    checkpoints: int
    """Files in the artifact store."""
    rollouts: int
    """Compressed, in the database."""
    metrics: int
    """Points, in the database."""


class ProjectDetail(Schema):
    """A project in full."""

    name: str
    runs: int
    """Runs that are not deleted."""
    retention: Retention
    usage: DiskUsage
    """Of all its runs, deleted ones too."""
