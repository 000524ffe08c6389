"""The same data for every dashboard: ours through its own code, peers' from files that theirs read."""

import json
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ahora.config import RunConfig
from ahora.schemas.runs import RunCreate
from ahora.status import RunStatus
from backend.db import Database, new_id, utcnow
from backend.db.models import Attempt
from backend.metrics import store
from backend.metrics.points import POINT
from backend.runs import service
from benchmarks.ui.seed import curves, plans

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
            now = utcnow()
            run.status, run.attempt_number, run.step = RunStatus.COMPLETED, 1, size.points
            run.started_at = run.finished_at = run.last_event_at = now
            session.add(
                Attempt(
                    run_id=run.id,
                    number=1,
                    status="completed",
                    claim_id=new_id(),
                    token_hash="",
                    worker="bench",
                    host="bench",
                    device="cpu:0",
                    slot=0,
                    claimed_at=now,
                    finished_at=now,
                )
            )
            session.flush()
            store.append(session, run.id, 1, {"reward": points})
        made.append(run.id)
    return made
