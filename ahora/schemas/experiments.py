"""Experiments: a base configuration x a grid x seeds, launched and watched as one."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from ahora.config.errors import FieldError
from ahora.schemas.base import Name, Request, Schema, Slug, Tag
from ahora.seeds import LARGEST, parse_seeds
from ahora.status import RunStatus

MOST_RUNS = 500
"""Runs of one experiment."""
MOST_VALUES = 100
MOST_AXES = 10


def _as_written(value: object) -> object:
    return parse_seeds(value, MOST_RUNS) if isinstance(value, str) else value


Seed = Annotated[int, Field(ge=0, le=LARGEST)]
Seeds = Annotated[list[Seed], Field(max_length=MOST_RUNS), BeforeValidator(_as_written)]


class Axis(Request):
    """A field of the configuration and the values it takes."""

    field: Annotated[str, Field(min_length=1, max_length=200)]
    """Dotted path, such as `algorithm.name` or `optimizer.learning_rate`."""
    values: Annotated[list[Any], Field(min_length=1, max_length=MOST_VALUES)]

    @field_validator("values")
    @classmethod
    def _is_json(cls, values: list[Any]) -> list[Any]:
        try:
            json.dumps(values, allow_nan=False)
        except ValueError:
            raise ValueError("must be JSON values; NaN and infinities are none") from None
        return values


class ExperimentPlan(Request):
    """What is tried: every combination of the axes' values, with every seed."""

    config: dict[str, Any]
    """The configuration that the combinations change; what it leaves out has its default."""
    axes: list[Axis] = Field(default_factory=list, max_length=MOST_AXES)
    """Without any there is one configuration, over its seeds."""
    seeds: Seeds = Field(default_factory=list)
    """One run for each; a text such as `0-4` is taken too. Empty takes the configuration's seed."""

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("must name each seed once")
        return seeds


class ExperimentCreate(ExperimentPlan):
    """An experiment to launch."""

    name: Name
    project: Slug = "default"
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    """Of the experiment and of each of its runs."""
    notes: str = Field(default="", max_length=20_000)
    priority: int = Field(default=0, ge=-100, le=100)
    """Of each run; higher is claimed first."""
    preset: str | None = Field(default=None, max_length=100)
    """Preset the configuration started from, if any; kept for display."""
    parent_run_id: str | None = Field(default=None, max_length=100)
    """Run the configuration started from, if any; it must exist."""


class ExperimentUpdate(Request):
    """Fields of an experiment that may be edited; absent ones stay as they are."""

    name: Name | None = None
    notes: str | None = Field(default=None, max_length=20_000)


class Cell(Schema):
    """One configuration of an experiment; each seed makes a run of it."""

    index: int
    """From 0, in the order of the axes."""
    label: str
    """What sets it apart, such as `SA-AH-GRPO alpha 2, learning_rate 0.0003`."""
    values: dict[str, Any]
    """The axes' fields that apply to it, and what they are set to."""


class Collapsed(Schema):
    """A combination that makes no runs of its own, because it would repeat those of another."""

    values: dict[str, Any]
    """As the axes have it."""
    into: int
    """Index of the cell that it equals."""
    reason: str
    """Such as `grpo has no alpha`."""


class HoursEstimate(Schema):
    """Device time that runs are expected to take, from measured ones."""

    hours: float
    low: float
    """If every step took as long as in the fastest of the measured runs."""
    high: float
    based_on: int
    """Completed runs it is taken from."""
    alike: Literal["same model, data and batch", "same model and device"]
    """What the measured runs share with these."""


class PreviewCell(Cell):
    """A configuration as it would be launched."""

    max_steps: int | None
    """Null where the configuration is invalid."""
    device: str
    """`cpu` or `cuda`."""
    estimate: HoursEstimate | None
    """Of all its runs; null where nothing alike was measured."""
    waits_for: str | None
    """Why no worker that is online now could run it; null when one could."""
    problems: list[FieldError]
    """Why it cannot be launched; empty when it can."""


class ExperimentPreview(Schema):
    """The exact runs that a launch would make: each cell with each seed."""

    cells: list[PreviewCell]
    seeds: list[int]
    runs: int
    combinations: int
    """Of the axes' values, before those that repeat another were left out."""
    collapsed: list[Collapsed]
    device_hours: dict[str, HoursEstimate]
    """By kind of device, of the cells that have an estimate."""
    unmeasured: int
    """Cells without an estimate."""
    problems: list[FieldError]
    """Why nothing can be launched at all, such as an axis over no field."""


class CellRun(Schema):
    """One run of an experiment's matrix."""

    run_id: str
    seed: int
    name: str
    status: RunStatus
    phase: str
    step: int
    max_steps: int
    last_reward: float | None
    last_pass_at_1: float | None
    eta_seconds: float | None
    waits_for: str | None
    deleted: bool


class ExperimentCell(Cell):
    """A configuration and its runs, in the order of the seeds."""

    runs: list[CellRun]


class ExperimentSummary(Schema):
    """A row of the list of experiments."""

    id: str
    name: str
    project: str
    tags: list[str]
    created_by: str
    created_at: datetime
    deleted_at: datetime | None
    cells: int
    seeds: list[int]
    fields: list[str]
    """Fields of the axes."""
    runs: int
    """Runs that are not deleted."""
    statuses: dict[RunStatus, int]
    """How many of those are in each state."""
    steps: int
    """Steps done, over all runs."""
    max_steps: int
    """Steps there are to do."""


Action = Literal["stop", "pause", "resume", "retry", "delete", "restore"]


class Experiment(Schema):
    """An experiment in full."""

    summary: ExperimentSummary
    notes: str
    preset: str | None
    parent_run_id: str | None
    config: dict[str, Any]
    """The configuration that the axes change, as it was given."""
    axes: list[Axis]
    cells: list[ExperimentCell]
    device_hours: dict[str, float]
    """Hours so far by kind of device, over all runs and attempts."""
    actions: list[Action]
    """What would change at least one run now."""


class ExperimentAct(Request):
    """Why something is done with all runs of an experiment."""

    reason: str = Field(default="", max_length=1000)


class RunAnswer(Schema):
    """What became of one run."""

    run_id: str
    name: str
    done: bool
    """Whether it is now as was wanted."""
    status: RunStatus
    problem: str
    """Why not, with what is possible; empty where it is done."""


class ExperimentAnswer(Schema):
    """What became of each run of an experiment."""

    runs: list[RunAnswer]
    done: int
