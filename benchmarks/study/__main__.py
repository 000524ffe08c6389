"""Repeats the paper's comparison at laptop scale and writes docs/study.md: `make study`.

Finished runs under --out are not repeated, so that an interrupted study goes on where it was.
"""

import argparse
import json
import time
from pathlib import Path

from benchmarks.study.plan import trials
from benchmarks.study.report import write
from benchmarks.study.runs import ROOT, run_all
from benchmarks.study.summary import COMPARED, comparisons, study


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / ".study", help="where runs are kept")
    parser.add_argument("--report", type=Path, default=ROOT / "docs", help="where study.md goes")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, a thread each")
    given = parser.parse_args()
    chosen = trials(given.seeds, given.steps)
    print(f"{len(chosen)} runs of {given.steps} steps, kept in {given.out}", flush=True)
    began = time.monotonic()
    outcomes = run_all(chosen, given.out.absolute(), given.processes)
    page = write(outcomes, given.report)
    print(f"{page} is written, in {(time.monotonic() - began) / 60:.1f} minutes")
    result = {
        f"{rate:g}": {
            key: {
                name: {"estimate": round(paired.estimate.mean, 4), "p": round(paired.p, 4)}
                for name, paired in comparisons(arms, key).items()
            }
            for key in COMPARED
        }
        for rate, arms in study(outcomes).items()
    }
    print(json.dumps({"runs": len(outcomes), "against_grpo": result}))


if __name__ == "__main__":
    main()
