"""Fills a database with runs as a busy team would have them: `python -m benchmarks.ui.seed --help`.

They are written through the repository code, not through HTTP: 10,000 runs take about a minute. The
same arguments give the same configurations, metrics and states; ids and times are those of the moment.
Runs come in sweeps of algorithm, alpha and learning rate over seeds, so that groups have something to
show. Most have ended; a few wait, which no worker takes, because they ask for a label that none has.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from ahora.config import RunConfig
from ahora.presets import load_preset
from ahora.schemas.runs import RunCreate
from ahora.status import FINAL, Actor, RunStatus
from backend.db import Database, new_id, utcnow
from backend.db.migrate import migrate
from backend.db.models import Attempt, Run
from backend.metrics import store
from backend.metrics.points import POINT, Points
from backend.runs import service
from backend.runs.transitions import record_change
from backend.settings import Settings

LABEL = "benchmark-only"
"""Worker label that seeded runs ask for."""

PRESETS = ("demo-sa-ah-grpo", "smollm2-gsm8k", "gsm8k-qwen2.5-1.5b-sa-ah-grpo")
PROJECTS = ("default", "gsm8k", "horizon")
PEOPLE = ("ana", "bo", "chandra", "dana")
TAGS = ("baseline", "sweep", "paper", "ablation", "check", "best so far")
BATCH = 100
"""Runs in a transaction."""


@dataclass(frozen=True)
class Plan:
    """One run to be made."""

    number: int
    preset: str
    algorithm: str
    alpha: float
    learning_rate: float
    seed: int


def plans() -> Iterator[Plan]:
    """Sweeps without end: five seeds of each method, then the next method."""
    methods = [("grpo", 0.0), *product(("ah_grpo", "sa_ah_grpo"), (0.25, 0.5, 1.0, 2.0))]
    number = 0
    for sweep in range(10**9):
        preset = PRESETS[sweep % len(PRESETS)]
        rate = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4)[sweep // len(PRESETS) % 6]
        first = 5 * (sweep // (6 * len(PRESETS)))
        for (algorithm, alpha), seed in product(methods, range(first, first + 5)):
            yield Plan(number, preset, algorithm, alpha, rate, seed)
            number += 1


def fill(database: Database, runs: int, points: int) -> list[str]:
    """Store `runs` runs with `points` steps of metrics each; their ids, oldest first."""
    found: list[str] = []
    bases = {name: load_preset(name).config.resolved() for name in PRESETS}
    coming = islice(plans(), runs)
    while batch := list(islice(coming, BATCH)):
        with database.write() as session:
            found += [_store(session, plan, bases[plan.preset], runs, points) for plan in batch]
    return found


def _store(session: Session, plan: Plan, base: dict[str, Any], runs: int, points: int) -> str:
    draw = np.random.default_rng(plan.number)
    tags = [str(tag) for tag in draw.choice(TAGS, int(draw.integers(0, 4)), replace=False)]
    body = RunCreate(
        config=_config(plan, base, points),
        project=PROJECTS[plan.number // 225 % len(PROJECTS)],
        tags=tags,
        notes="Loss looked odd at first; see the logs." if plan.number % 50 == 0 else "",
        preset=plan.preset,
    )
    by = PEOPLE[plan.number // 45 % len(PEOPLE)]
    run = service.create(session, body, by)
    run.created_at = utcnow() - timedelta(minutes=7 * (runs - plan.number))
    status = _status(plan.number, runs, draw)
    if status != RunStatus.QUEUED:
        report(session, run, status, curves(plan, draw, points))
    return run.id


def _config(plan: Plan, base: dict[str, Any], points: int) -> RunConfig:
    algorithm = {"name": plan.algorithm}
    resolved = base | {
        "algorithm": algorithm | ({"alpha": plan.alpha} if plan.alpha else {}),
        "optimizer": base["optimizer"] | {"learning_rate": plan.learning_rate},
        "resources": base["resources"] | {"labels": [LABEL]},
        "seed": plan.seed,
        "max_steps": max(1, points),
    }
    return RunConfig.model_validate(resolved)


def _status(number: int, runs: int, draw: np.random.Generator) -> RunStatus:
    if number >= runs - max(1, runs // 500):
        return RunStatus.QUEUED
    kinds = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.STOPPED)
    return kinds[int(draw.choice(3, p=(0.88, 0.07, 0.05)))]


def report(session: Session, run: Run, status: RunStatus, values: dict[str, Points]) -> None:
    """What an attempt would have left behind."""
    done = len(values["reward"]) if status == RunStatus.COMPLETED else len(values["reward"]) // 2
    seconds = float(values["reward"]["elapsed"][done - 1]) if done else 0.0
    start = run.created_at + timedelta(seconds=20)
    end = start + timedelta(seconds=seconds)
    session.add(
        Attempt(
            run_id=run.id,
            number=1,
            status=str(status),
            claim_id=new_id(),
            token_hash="",
            worker="gpu-1",
            host="gpu-1",
            device="cuda:0",
            slot=0,
            claimed_at=start,
            finished_at=end,
        )
    )
    run.attempt_number, run.status, run.worker = 1, status, "gpu-1"
    run.started_at, run.last_event_at = start, end
    run.finished_at = end if status in FINAL else None
    run.step, run.elapsed = done, seconds
    run.status_reason = {
        RunStatus.FAILED: "CUDA out of memory while scoring completions.",
        RunStatus.STOPPED: f"Stopped by {run.created_by}.",
    }.get(status, "All steps are done.")
    record_change(session, run, RunStatus.RUNNING, actor=Actor.WORKER, actor_name="gpu-1")
    session.flush()
    if done == 0:
        return
    store.append(session, run.id, 1, {key: points[:done] for key, points in values.items()})
    run.last_reward = float(values["reward"]["value"][done - 1])
    if "eval/pass@1" in values:
        run.last_pass_at_1 = float(values["eval/pass@1"]["value"][done - 1])


def curves(plan: Plan, draw: np.random.Generator, points: int) -> dict[str, Points]:
    """Metric name to points at the steps 1 to `points`."""
    steps = np.arange(1, points + 1)
    height = 0.45 + 0.1 * (plan.alpha > 0) + 0.05 * np.log10(plan.learning_rate / 1e-6)
    level = (height + draw.normal(0, 0.02)) * (1 - np.exp(-3 * steps / max(1, points)))
    length = 220 - 60 * level
    lengths = length + draw.normal(0, 4, points)
    values = {
        "reward": level + draw.normal(0, 0.03, points),
        "reward_std": 0.3 + draw.normal(0, 0.02, points),
        "frac_reward_zero_std": np.clip(level - 0.2 + draw.normal(0, 0.05, points), 0, 1),
        "eval/pass@1": np.clip(level + draw.normal(0, 0.01, points), 0, 1),
        "entropy": 0.8 * np.exp(-steps / points) + draw.normal(0, 0.01, points),
        "kl": np.abs(draw.normal(0, 0.01, points)),
        "loss": draw.normal(0, 0.02, points),
        "grad_norm": np.abs(draw.normal(0.6, 0.2, points)),
        "learning_rate": np.full(points, plan.learning_rate),
        "horizon/weight_mean": np.clip(1 - 0.2 * plan.alpha + draw.normal(0, 0.01, points), 0, 1),
        "horizon/effective_fraction": np.clip(1 - 0.18 * plan.alpha * level, 0, 1),
        "completions/mean_length": lengths,
        "completions/clipped_ratio": np.clip(draw.normal(0.1, 0.03, points), 0, 1),
        "num_tokens": 64.0 * np.cumsum(lengths),
        "step_time": np.abs(draw.normal(2.0, 0.3, points)),
    }
    seconds = np.cumsum(values["step_time"])
    tokens = values["num_tokens"].astype(np.int64)
    found: dict[str, Points] = {}
    for key, series in values.items():
        rows = np.empty(points, dtype=POINT)
        rows["step"], rows["value"] = steps, series
        rows["elapsed"], rows["tokens"] = seconds, tokens
        found[key] = rows
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui.seed", description=__doc__)
    parser.add_argument("--home", type=Path, help="AHORA_HOME whose SQLite file is filled")
    parser.add_argument("--database", default="", help="SQLAlchemy URL, instead of a home")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=40, help="steps of metrics of each run")
    options = parser.parse_args()
    if options.home is not None:
        options.home.mkdir(parents=True, exist_ok=True)
    homes = {} if options.home is None else {"home": options.home}
    database = Database(Settings(database_url=options.database, **homes).database)
    migrate(database)
    begun = time.monotonic()
    made = fill(database, options.runs, options.points)
    database.dispose()
    print(f"{len(made)} runs of {options.points} steps in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
