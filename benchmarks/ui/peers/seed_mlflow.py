"""Fills an MLflow store: `python seed_mlflow.py DATA DATABASE`, in the peers' environment.

Rows go in through MLflow's own SQLAlchemy models, many at once: its API takes 37 ms for a run.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from mlflow.store.tracking.dbmodels.models import (
    SqlLatestMetric,
    SqlMetric,
    SqlParam,
    SqlRun,
    SqlTag,
)
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import insert

START = 1_790_000_000_000
BATCH = 250


def run_row(experiment: str, name: str, number: int) -> dict[str, object]:
    return {
        "run_uuid": uuid.uuid4().hex,
        "name": name,
        "source_type": "LOCAL",
        "source_name": "",
        "entry_point_name": "",
        "user_id": "bench",
        "status": "FINISHED",
        "start_time": START + 60_000 * number,
        "end_time": START + 60_000 * number + 50_000,
        "source_version": "",
        "lifecycle_stage": "active",
        "artifact_uri": "",
        "experiment_id": int(experiment),
    }


def metric_rows(run: str, key: str, values: list[float]) -> list[dict[str, object]]:
    return [
        {
            "run_uuid": run,
            "key": key,
            "value": value,
            "timestamp": START + step,
            "step": step,
            "is_nan": False,
        }
        for step, value in enumerate(values, 1)
    ]


def batches(lines: Iterator[str]) -> Iterator[list[dict]]:
    batch: list[dict] = []
    for line in lines:
        batch.append(json.loads(line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def main(data: Path, database: Path) -> None:
    store = SqlAlchemyStore(f"sqlite:///{database}", str(database.parent / "mlartifacts"))
    table, compared = store.create_experiment("table"), store.create_experiment("compared")
    number = 0
    with (data / "table.jsonl").open() as lines:
        for batch in batches(lines):
            rows: dict[type, list[dict]] = {
                kind: [] for kind in (SqlRun, SqlTag, SqlParam, SqlMetric, SqlLatestMetric)
            }
            for one in batch:
                number += 1
                run = run_row(table, one["name"], number)
                ident = str(run["run_uuid"])
                rows[SqlRun].append(run)
                tag = {"run_uuid": ident, "key": "mlflow.runName", "value": one["name"]}
                rows[SqlTag].append(tag)
                rows[SqlParam] += [
                    {"run_uuid": ident, "key": key, "value": value}
                    for key, value in one["params"].items()
                ]
                for key, values in one["metrics"].items():
                    made = metric_rows(ident, key, values)
                    rows[SqlMetric] += made
                    rows[SqlLatestMetric].append(made[-1])
            with store.ManagedSessionMaker() as session:
                for kind, some in rows.items():
                    session.execute(insert(kind), some)
    made_ids = []
    for seed, values in enumerate(np.load(data / "rewards.npy")):
        run = run_row(compared, f"compared {seed}", seed)
        ident = str(run["run_uuid"])
        made = metric_rows(ident, "reward", values.tolist())
        with store.ManagedSessionMaker() as session:
            session.execute(insert(SqlRun), [run])
            tag = {"run_uuid": ident, "key": "mlflow.runName", "value": run["name"]}
            session.execute(insert(SqlTag), [tag])
            session.execute(insert(SqlMetric), made)
            session.execute(insert(SqlLatestMetric), made[-1:])
        made_ids.append(ident)
    print(json.dumps({"table": table, "compared": compared, "runs": made_ids}))


main(Path(sys.argv[1]), Path(sys.argv[2]))
