"""Trains SmolLM2-135M on one-digit addition through REST and a real Celery worker.

Run by `make show-smollm2`. Starts a stack of its own, launches the shipped presets over HTTP, follows
them on the live stream, prints Pass@1 (greedy and sampled) before and after on held-out pairs and ends
with one JSON line. With AHORA_DATA_ROOT set to a folder that holds `gsm8k/train.jsonl` and
`gsm8k/test.jsonl` it also runs two steps of GSM8K.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ahora.client import Client
from ahora.schemas.runs import Run

AHORA = Path(sys.executable).with_name("ahora")


def figures(client: Client, run: Run) -> dict[str, float | str | None]:
    """First and last value of each evaluation metric, and how long the run took."""
    keys = ["eval/pass@1", "eval/sampled_pass@1"]
    shown: dict[str, float | str | None] = {"status": str(run.status), "reason": run.status_reason}
    for series in client.metrics([run.id], keys):
        points = zip(series.steps, series.values, strict=True)
        print(f"  {series.key}: " + "  ".join(f"{step}: {value:.3f}" for step, value in points))
        shown[f"{series.key} before"] = round(series.values[0], 4)
        shown[f"{series.key} after"] = round(series.values[-1], 4)
    if run.started_at and run.finished_at:
        shown["seconds"] = round((run.finished_at - run.started_at).total_seconds(), 1)
    return shown


def train(client: Client, preset: str, overrides: dict[str, object] | None = None) -> Run:
    """Launch a preset and wait for its end on the live stream."""
    run = client.launch(preset, overrides=overrides or {})
    print(f"{preset}: {run.name} ({run.id})", flush=True)
    return client.wait(run.id, timeout=1800)


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="ahora-show-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "AHORA_HOME": str(home)}
    subprocess.run(
        [AHORA, "up", "--detach", "--port", str(port), "--slots", "1"], env=environ, check=True
    )
    result: dict[str, object] = {}
    try:
        with Client(home=home) as client:
            started = time.monotonic()
            result["addition"] = figures(client, train(client, "smollm2-addition"))
            data_root = os.environ.get("AHORA_DATA_ROOT")
            if data_root and (Path(data_root) / "gsm8k" / "train.jsonl").exists():
                result["gsm8k"] = figures(client, train(client, "smollm2-gsm8k"))
            else:
                result["gsm8k"] = "skipped: AHORA_DATA_ROOT holds no gsm8k/train.jsonl"
            result["total_seconds"] = round(time.monotonic() - started, 1)
    finally:
        subprocess.run([AHORA, "down"], env=environ, check=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
