"""Fills trackio's store (`TRACKIO_DIR`): `python seed_trackio.py DATA`, in the peers' environment.

Rows go into the tables that trackio made, many at once: through its `bulk_log`, a run at a time,
10,000 runs take six minutes.
"""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from trackio.sqlite_storage import SQLiteStorage

NOW = datetime.now(UTC).isoformat()
METRICS = "INSERT INTO metrics (timestamp, run_id, run_name, step, metrics) VALUES (?, ?, ?, ?, ?)"
CONFIGS = "INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?, ?, ?, ?)"


def store(project: str, runs: Iterable[tuple[str, dict, list[dict]]]) -> None:
    """Name, configuration and metrics by step of each run."""
    path = SQLiteStorage.init_db(project)
    with SQLiteStorage._get_connection(path) as connection:
        for name, config, steps in runs:
            connection.execute(CONFIGS, (name, name, json.dumps(config), NOW))
            rows = ((NOW, name, name, step, json.dumps(one)) for step, one in enumerate(steps, 1))
            connection.executemany(METRICS, rows)
        connection.commit()


def table(data: Path) -> Iterable[tuple[str, dict, list[dict]]]:
    with (data / "table.jsonl").open() as lines:
        for number, line in enumerate(lines):
            one = json.loads(line)
            keys = list(one["metrics"])
            columns = zip(*one["metrics"].values(), strict=True)
            steps = [dict(zip(keys, values, strict=True)) for values in columns]
            yield f"{one['name']} #{number}", one["params"], steps


def compared(data: Path) -> Iterable[tuple[str, dict, list[dict]]]:
    for seed, values in enumerate(np.load(data / "rewards.npy")):
        yield f"compared {seed}", {"seed": seed}, [{"reward": value} for value in values.tolist()]


store("table", table(Path(sys.argv[1])))
store("compared", compared(Path(sys.argv[1])))
