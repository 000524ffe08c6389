"""The real trainer on a small model: what it does when nobody interrupts it."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ahora.events import EVENT, MetricsEvent
from tests.chaos.story import REAL_CONFIG
from worker.trainer.models.tiny import Recipe, tiny_folder

TIMES = ("step_time", "timing/", "system/")
"""Metrics that no two runs share."""


def build_model(cache: Path) -> None:
    """`local:small` under `cache`: a tiny model after a few seconds of training."""
    built = tiny_folder(cache, 0, lambda *_: None, Recipe(steps=60, batch_size=16))
    shutil.copytree(built, cache / "roots" / "small")


def reference(cache: Path) -> dict[int, dict[str, float]]:
    """Step to metrics of the run `REAL_CONFIG` that nothing disturbs."""
    out = cache / "reference"
    file = cache / "reference.json"
    file.write_text(json.dumps({"config": REAL_CONFIG, "run_id": "reference"}))
    environ = {
        **os.environ,
        "AHORA_CACHE": str(cache),
        "AHORA_MODEL_ROOT": str(cache / "roots"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "worker.trainer", str(file), str(out)]
    subprocess.run(command, env=environ, check=True, timeout=300)
    found: dict[int, dict[str, float]] = {}
    for line in (out / "events.jsonl").read_text().splitlines():
        event = EVENT.validate_json(line)
        if isinstance(event, MetricsEvent):
            known = {key: value for key, value in event.values.items() if not key.startswith(TIMES)}
            found.setdefault(event.step, {}).update(known)
    return found


def compared(
    found: dict[int, dict[str, float]], wanted: dict[int, dict[str, float]]
) -> Iterator[str]:
    """Where `found` differs from `wanted`, to the bit."""
    for step, values in wanted.items():
        for key, value in values.items():
            other = found.get(step, {}).get(key)
            same = other == value or (other is not None and math.isnan(other) and math.isnan(value))
            if not same:
                yield f"step {step}: {key} is {other}, uninterrupted it was {value}"
                return
