"""Streams into a peer: `python stream.py mlflow|trackio URL KEYS HISTORY RATE`, in the peers' environment.

A run of KEYS metrics gets HISTORY steps, its address is printed as JSON, and then a step comes RATE times a
second until this process is ended. MLflow is told through its client over HTTP; trackio's rows go into its
store by the call that its server makes for them, which saves its server the request.
"""

import json
import math
import sys
import time
from collections.abc import Callable

Log = Callable[[list[int]], None]


def wave(step: int, keys: int) -> dict[str, float]:
    """The values that `benchmarks.ui.streaming` sends to Ahora."""
    return {
        f"part_{i:02d}": math.sin(step / (20 + i)) + 0.3 * math.sin(7.3 * step * (i + 1))
        for i in range(keys)
    }


def mlflow(url: str, keys: int) -> tuple[Log, str]:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    client = MlflowClient(url)
    experiment = client.create_experiment(f"live {time.time()}")
    run = client.create_run(experiment).info.run_id

    def log(steps: list[int]) -> None:
        now = int(1000 * time.time())
        points = [Metric(k, v, now, step) for step in steps for k, v in wave(step, keys).items()]
        client.log_batch(run, metrics=points)

    return log, f"{url}/#/experiments/{experiment}/runs/{run}/model-metrics"


def trackio(url: str, keys: int) -> tuple[Log, str]:
    from trackio.sqlite_storage import SQLiteStorage

    project = f"live-{time.time():.0f}"
    SQLiteStorage.init_db(project)

    def log(steps: list[int]) -> None:
        SQLiteStorage.bulk_log(project, "streaming", [wave(one, keys) for one in steps], steps)

    return log, f"{url}/metrics?project={project}"


def main(name: str, url: str, keys: int, history: int, rate: float) -> None:
    log, address = {"mlflow": mlflow, "trackio": trackio}[name](url, keys)
    each = 1000 // keys  # MLflow takes 1,000 metrics in a request
    for start in range(1, history + 1, each):
        log(list(range(start, min(start + each, history + 1))))
    print(json.dumps({"address": address}), flush=True)
    due = time.monotonic()
    step = history
    while True:
        step += 1
        log([step])
        due = max(due + 1 / rate, time.monotonic() - 1)
        time.sleep(max(0.0, due - time.monotonic()))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
