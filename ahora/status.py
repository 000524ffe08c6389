"""The states of a run, which change may follow which, and who may make it.

One table, used by the backend to decide, by the dashboard to offer buttons and by tests to walk.
"""

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"
    LOST = "lost"


class Actor(StrEnum):
    """Who changes a run's state."""

    USER = "user"
    WORKER = "worker"
    REAPER = "reaper"
    RULE = "rule"
    """A rule that watches the run."""


S, A = RunStatus, Actor

TRANSITIONS: dict[tuple[RunStatus, RunStatus], frozenset[Actor]] = {
    # from, to: who may
    (S.QUEUED, S.STARTING): frozenset({A.WORKER}),
    (S.QUEUED, S.RUNNING): frozenset({A.WORKER}),  # thought lost, back before a new claim
    (S.QUEUED, S.STOPPED): frozenset({A.USER}),
    (S.QUEUED, S.PAUSED): frozenset({A.USER}),
    (S.STARTING, S.RUNNING): frozenset({A.WORKER}),
    (S.STARTING, S.FAILED): frozenset({A.WORKER}),
    (S.STARTING, S.STOPPING): frozenset({A.USER}),
    (S.STARTING, S.PAUSING): frozenset({A.USER}),
    (S.STARTING, S.COMPLETED): frozenset({A.WORKER}),
    (S.STARTING, S.STOPPED): frozenset({A.WORKER}),
    (S.STARTING, S.QUEUED): frozenset({A.WORKER}),
    (S.STARTING, S.LOST): frozenset({A.REAPER}),
    (S.RUNNING, S.COMPLETED): frozenset({A.WORKER}),
    (S.RUNNING, S.FAILED): frozenset({A.WORKER}),
    (S.RUNNING, S.STOPPING): frozenset({A.USER}),
    (S.RUNNING, S.PAUSING): frozenset({A.USER, A.RULE}),
    (S.RUNNING, S.STOPPED): frozenset({A.WORKER}),
    (S.RUNNING, S.QUEUED): frozenset({A.WORKER}),
    (S.RUNNING, S.LOST): frozenset({A.REAPER}),
    (S.PAUSING, S.PAUSED): frozenset({A.WORKER, A.REAPER}),
    (S.PAUSING, S.COMPLETED): frozenset({A.WORKER}),
    (S.PAUSING, S.FAILED): frozenset({A.WORKER}),
    (S.PAUSING, S.STOPPING): frozenset({A.USER}),
    (S.PAUSING, S.LOST): frozenset({A.REAPER}),
    (S.PAUSED, S.QUEUED): frozenset({A.USER}),
    (S.PAUSED, S.STOPPED): frozenset({A.USER}),
    (S.STOPPING, S.STOPPED): frozenset({A.WORKER, A.REAPER}),
    (S.STOPPING, S.COMPLETED): frozenset({A.WORKER}),
    (S.STOPPING, S.FAILED): frozenset({A.WORKER}),
    (S.LOST, S.RUNNING): frozenset({A.WORKER}),
    (S.LOST, S.QUEUED): frozenset({A.USER, A.REAPER}),
    (S.LOST, S.COMPLETED): frozenset({A.WORKER}),
    (S.LOST, S.FAILED): frozenset({A.WORKER, A.REAPER}),
    (S.LOST, S.STOPPED): frozenset({A.USER, A.WORKER}),
    (S.LOST, S.PAUSED): frozenset({A.USER}),
    (S.FAILED, S.QUEUED): frozenset({A.USER}),
    (S.STOPPED, S.QUEUED): frozenset({A.USER}),
}
"""Every legal change of state and who may make it; whatever is not here is refused with 409."""

ACTIVE = frozenset({S.STARTING, S.RUNNING, S.PAUSING, S.STOPPING})
"""States in which an attempt holds a worker's slot."""

FINAL = frozenset({S.STOPPED, S.COMPLETED, S.FAILED})
"""States a run stays in unless a user queues it again."""


def may_change(source: RunStatus, target: RunStatus, actor: Actor) -> bool:
    """Whether `actor` may take a run from `source` to `target`."""
    return actor in TRANSITIONS.get((source, target), frozenset())


def targets(source: RunStatus, actor: Actor) -> list[RunStatus]:
    """The states `actor` may take a run in `source` to, in declaration order."""
    return [target for target in RunStatus if may_change(source, target, actor)]
