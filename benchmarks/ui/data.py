"""The same data for every dashboard: ours through its own code, peers' from files that theirs read."""

import json
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ahora.config import RunConfig
from ahora.schemas.runs import RunCreate
from ahora.status import RunStatus
from backend.db import Database
from backend.metrics.points import POINT
from backend.runs import service
from benchmarks.ui.seed import curves, plans, report

LIVE_KEYS = [f"rewards/part_{number}/mean" for number in range(40)]
"""Metrics of the run that streams."""


@dataclass(frozen=True)
class Size:
    """How much there is."""

    runs: int = 10_000
    steps: int = 10
    """Steps of 15 metrics of each of those runs."""
    compared: int = 100
    points: int = 10_000
    """Points of the reward of each of the runs that are compared."""


def rewards(size: Size) -> np.ndarray:
    """(compared, points): curves that rise to different heights, with noise."""
    draw = np.random.default_rng(0)
    rise = 1 - np.exp(-np.arange(size.points) / (size.points / 4))
    heights = 0.5 + 0.3 * draw.random((size.compared, 1))
    return heights * rise + draw.normal(0, 0.03, (size.compared, size.points))


def write_files(folder: Path, size: Size) -> None:
    """`table.jsonl`, a run a line, and `rewards.npy`."""
    with (folder / "table.jsonl").open("w") as file:
        for plan in islice(plans(), size.runs):
            found = curves(plan, np.random.default_rng(plan.number), size.steps)
            params = {key: str(value) for key, value in asdict(plan).items()}
            metrics = {key: points["value"].tolist() for key, points in found.items()}
            name = f"{plan.algorithm} {plan.alpha} {plan.learning_rate} seed {plan.seed}"
            line = {"name": name, "params": params, "metrics": metrics}
            file.write(json.dumps(line) + "\n")
    np.save(folder / "rewards.npy", rewards(size))


def add_compared(database: Database, size: Size) -> list[str]:
    """Completed runs whose reward is a long curve; their ids."""
    made = []
    for seed, values in enumerate(rewards(size)):
        points = np.empty(size.points, dtype=POINT)
        steps = np.arange(1, size.points + 1)
        points["step"], points["value"] = steps, values
        points["elapsed"], points["tokens"] = 2.0 * steps, 1000 * steps
        with database.write() as session:
            config = RunConfig.model_validate({"seed": seed, "max_steps": size.points})
            run = service.create(
                session, RunCreate(config=config, name=f"compared {seed}"), "bench"
            )
            report(session, run, RunStatus.COMPLETED, {"reward": points})
        made.append(run.id)
    return made
