"""The trainer beside TRL's GRPOTrainer on the same work: `make bench-trainer`.

    python -m benchmarks.trainer [--device cpu|cuda] [--shape smollm2-135m|qwen2.5-1.5b|tiny] [...]

TRL is asked first which precision it is fastest in; then both sides do each workload in turn, each in a
process of its own, with the same weights, prompts, lengths and rewards. Prints tables and ends with one
JSON line.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.trainer.machine import Machine, measure_machine
from benchmarks.trainer.work_done import fractions
from benchmarks.trainer.workload import SHAPES, Workload, workload
from worker.trainer_env import waiting

ROOT = Path(__file__).parents[2]
TRL_PYTHON = ROOT / ".venv-trl" / "bin" / "python"
MODES = ("bfloat16", "autocast", "float32")
Result = dict[str, Any]


class Sides:
    """Runs a workload on either side."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # for both sides what the product's worker sets for its trainers
        self._environ = {**os.environ, **waiting(os.environ), "PYTHONPATH": str(ROOT)}

    def trl(self, work: Workload, mode: str) -> Result:
        script = ROOT / "benchmarks" / "trainer" / "trl_peer.py"
        return self._run([str(TRL_PYTHON), str(script), self._file(work), mode])

    def ours(self, work: Workload, mode: str = "bfloat16") -> Result:
        return self._run([sys.executable, "-m", "benchmarks.trainer.ours", self._file(work), mode])

    def _file(self, work: Workload) -> str:
        return str(work.write(self._folder / f"{work.name}.json"))

    def _run(self, command: list[str]) -> Result:
        done = subprocess.run(
            command, env=self._environ, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
        found: Result = json.loads(done.stdout.splitlines()[-1])
        return found


def works(options: argparse.Namespace) -> dict[str, Workload]:
    """The workloads by the name of their speed-up."""
    longer = options.longest * 25 // 8  # 64 and 200
    different: dict[str, dict[str, Any]] = {
        "all_groups": {"longest": options.longest},
        "half_zero": {"longest": options.longest, "without_signal": options.groups // 2},
        "ragged": {"longest": longer, "differ": True},
    }
    return {
        name: workload(
            name,
            options.shape,
            device=options.device,
            threads=options.threads,
            steps=options.steps,
            groups=options.groups,
            num_generations=options.num_generations,
            limit=options.limit,
            **changes,
        )
        for name, changes in different.items()
    }


def fastest_mode(sides: Sides, work: Workload) -> str:
    """The precision in which TRL is fastest here, on two steps of which the first warms up."""
    seconds = {mode: sides.trl(work.with_steps(2), mode)["seconds"] for mode in MODES}
    for mode, each in seconds.items():
        print(f"  TRL {mode:9s} {each:7.2f} s a step", flush=True)
    return min(seconds, key=lambda mode: seconds[mode])


def show(name: str, work: Workload, ours: Result, trl: Result, machine: Machine) -> None:
    """One workload's comparison, and where our time went."""
    print(f"\n{name}: {sum(work.lengths[-1])} completion tokens a step")
    for label, side in (("Ahora", ours), ("TRL", trl)):
        print(
            f"  {label:6s} {side['seconds']:7.2f} s a step (each: {side['all_seconds']}, "
            f"{side['cpu_seconds']:.2f} CPU s)  {side['tokens_per_second']:7.1f} tokens/s  "
            f"peak {memory(side):6.0f} MB"
        )
    shares = fractions(work, ours["parts"], machine)
    print("  where Ahora's time goes          s   share   tokens/s   of the matmul rate")
    for part, seconds in ours["parts"].items():
        rate, fraction = shares.get(part, ("", ""))
        share = seconds / ours["seconds"]
        print(f"    {part:22s} {seconds:9.3f}  {share:6.1%} {rate:>10}   {fraction:>8}")


def memory(side: Result) -> float:
    """Peak of the device's memory, or of the process's on a CPU, in MB."""
    return float(side["peak_device_mb"] or side["peak_rss_mb"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainer")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--shape", choices=tuple(SHAPES), default="smollm2-135m")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--steps", type=int, default=4, help="of which the first warms up")
    parser.add_argument("--groups", type=int, default=2, help="prompts a step")
    parser.add_argument("--num-generations", type=int, default=8)
    parser.add_argument("--longest", type=int, default=64, help="tokens of a completion")
    parser.add_argument("--limit", type=int, help="most completions in a micro-batch, both sides")
    parser.add_argument("--trl-mode", choices=MODES, help="leave out the search for TRL's fastest")
    options = parser.parse_args()

    machine = measure_machine(options.device, options.threads)
    print(machine.words())
    given = works(options)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="ahora-bench-") as name:
        sides = Sides(Path(name))
        mode = options.trl_mode or fastest_mode(sides, given["all_groups"])
        result["trl_mode"] = mode
        ratios = []
        for key, work in given.items():
            ours, trl = sides.ours(work), sides.trl(work, mode)
            show(key, work, ours, trl, machine)
            result[f"speedup_{key}"] = round(trl["seconds"] / ours["seconds"], 2)
            result[f"cpu_speedup_{key}"] = round(trl["cpu_seconds"] / ours["cpu_seconds"], 2)
            result[f"tokens_per_second_{key}"] = round(ours["tokens_per_second"], 1)
            result[f"trl_tokens_per_second_{key}"] = round(trl["tokens_per_second"], 1)
            result[f"peak_mb_{key}"] = round(memory(ours))
            result[f"trl_peak_mb_{key}"] = round(memory(trl))
            result[f"everything_else_{key}"] = round(
                ours["parts"]["everything else"] / ours["seconds"], 4
            )
            ratios.append(memory(ours) / memory(trl))
    result["rss_ratio"] = round(max(ratios), 3)
    result["machine"] = machine.words()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
