"""Runs the trials, `python -m worker.trainer` each, a few at a time; finished ones are not repeated."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ahora.events import EVENT, MetricsEvent, ProvenanceEvent, StatusEvent
from ahora.status import RunStatus
from backend.compare.statistics import KEYS, Analysis, Statistics, finite, mean, statistics
from backend.metrics.points import Points, by_key
from benchmarks.study.plan import Trial

ROOT = Path(__file__).parents[2]
RESULTS = ("nan_loss",)
"""Failures that are the algorithm's own doing, so that they are results and not mishaps."""


@dataclass(frozen=True)
class Outcome:
    """What a trial came to."""

    trial: Trial
    statistics: Statistics
    effective_length: float | None
    """Mean of `horizon/effective_length` over the steps, in tokens."""
    series: dict[str, Points]
    failure: str
    """Why it ended early; empty when it reached its last step."""
    provenance: dict[str, Any]


def run_all(chosen: Sequence[Trial], out: Path, processes: int) -> list[Outcome]:
    """Run those of `chosen` that `out` does not hold yet. Raises SystemExit when one breaks down."""
    with ThreadPoolExecutor(processes) as pool:
        try:
            return list(pool.map(lambda trial: _run(trial, out / trial.folder), chosen))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _run(trial: Trial, folder: Path) -> Outcome:
    found = read(trial, folder)
    if found is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        job = {"config": trial.config().resolved(), "run_name": trial.folder}
        (folder / "run.json").write_text(json.dumps(job))
        environ = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-m", "worker.trainer", folder / "run.json", folder]
        with (folder / "output.txt").open("w") as output:
            subprocess.run(
                command, cwd=ROOT, env=environ, stdout=output, stderr=output, check=False
            )
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)  # only the numbers are kept
        found = read(trial, folder)
    if found is None:
        last = (folder / "output.txt").read_text()[-2000:]
        raise SystemExit(
            f"{trial.folder} broke down; {folder} has its events. Its last words:\n{last}"
        )
    final = found.statistics.final_pass_at_1
    print(
        f"  {trial.folder}: Pass@1 {'none' if final is None else f'{final:.3f}'}"
        f"{' (' + found.failure + ')' if found.failure else ''}",
        flush=True,
    )
    return found


def read(trial: Trial, folder: Path) -> Outcome | None:
    """The outcome that lies in `folder`; None when it is not finished or was configured otherwise."""
    config = trial.config().resolved()
    try:
        asked = json.loads((folder / "run.json").read_text())["config"]
        lines = (folder / "events.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return None
    if asked != config:
        return None
    events = [EVENT.validate_json(line) for line in lines]
    last = events[-1] if events else None
    if not isinstance(last, StatusEvent):
        return None
    if last.status != RunStatus.COMPLETED and last.error_type not in RESULTS:
        return None
    series = by_key(event for event in events if isinstance(event, MetricsEvent))
    lengths = series.get("horizon/effective_length")
    return Outcome(
        trial=trial,
        statistics=statistics(
            {key: series[key] for key in KEYS if key in series}, Analysis(**config["analysis"])
        ),
        effective_length=None if lengths is None else mean(finite(lengths)[1]),
        series=series,
        failure="" if last.status == RunStatus.COMPLETED else last.error_type,
        provenance=next(
            (event.values for event in events if isinstance(event, ProvenanceEvent)), {}
        ),
    )
