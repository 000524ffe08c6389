"""How the trainer's cost grows with group size, completion length and batch: `make bench-trainer-sweep`.

Our side alone, one process a point. Prints a table, draws docs/images/trainer-cost.png and ends with one
JSON line: for each sweep the seconds and CPU seconds of a step, its peak memory, and how well a straight
line through CPU seconds against tokens fits (R squared).
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from benchmarks.trainer.__main__ import ROOT, Sides
from benchmarks.trainer.workload import SHAPES, workload

mpl.use("agg")

PICTURE = ROOT / "docs" / "images" / "trainer-cost.png"
SWEEPS: dict[str, tuple[str, list[int]]] = {
    "group size (2 prompts, 64 tokens)": ("num_generations", [4, 8, 16, 32]),
    "completion length (2 prompts x 8)": ("longest", [32, 64, 128, 256]),
    "prompts a step (x 8 x 64 tokens)": ("groups", [1, 2, 4, 8]),
}
COLOURS = ("#0072B2", "#E69F00", "#009E73")


def measure(sides: Sides, options: argparse.Namespace, changed: str, value: int) -> dict[str, Any]:
    work = workload(
        f"{changed}-{value}",
        options.shape,
        device=options.device,
        threads=options.threads,
        steps=options.steps,
        **{changed: value},
    )
    found = sides.ours(work)
    tokens = sum(work.lengths[-1])
    peak = found["peak_device_mb"] or found["peak_rss_mb"]
    point = {
        "value": value,
        "tokens": tokens,
        "seconds": round(found["seconds"], 3),
        "cpu_seconds": round(found["cpu_seconds"], 3),
        "peak_mb": round(peak),
    }
    print(
        f"  {changed} {value:4d}: {tokens:5d} tokens {point['seconds']:8.2f} s "
        f"{point['cpu_seconds']:8.2f} CPU s  {1000 * point['cpu_seconds'] / tokens:6.2f} CPU ms a "
        f"token  peak {point['peak_mb']} MB",
        flush=True,
    )
    return point


def straightness(points: list[dict[str, Any]]) -> float:
    """R squared of CPU seconds as a linear function of tokens."""
    tokens, seconds = (
        np.array([point[key] for point in points]) for key in ("tokens", "cpu_seconds")
    )
    fitted = np.polyval(np.polyfit(tokens, seconds, 1), tokens)
    return float(1 - ((seconds - fitted) ** 2).sum() / ((seconds - seconds.mean()) ** 2).sum())


def draw(found: dict[str, list[dict[str, Any]]], file: Path) -> None:
    figure, (cost, memory) = plt.subplots(1, 2, figsize=(10, 4))
    for (name, points), colour in zip(found.items(), COLOURS, strict=True):
        tokens = [point["tokens"] for point in points]
        cost.plot(tokens, [p["cpu_seconds"] for p in points], "o-", color=colour, label=name)
        memory.plot(tokens, [p["peak_mb"] for p in points], "o-", color=colour, label=name)
    for axis, label in ((cost, "CPU seconds a step"), (memory, "peak memory (MB)")):
        axis.set_xlabel("completion tokens a step")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    cost.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainer.sweep")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--shape", choices=tuple(SHAPES), default="smollm2-135m")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--steps", type=int, default=3, help="of which the first warms up")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    options = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="ahora-bench-") as name:
        sides = Sides(Path(name))
        for sweep, (changed, values) in SWEEPS.items():
            print(sweep, flush=True)
            found[sweep] = [measure(sides, options, changed, value) for value in values]
    draw(found, options.picture)
    straight = {sweep: round(straightness(points), 4) for sweep, points in found.items()}
    print(json.dumps({"sweeps": found, "r_squared": straight}))


if __name__ == "__main__":
    main()
