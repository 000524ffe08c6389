"""`python -m tests.chaos`: a long run, whose result can be written to a file."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.chaos import Report, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--real", type=int, default=2, help="runs of the real trainer")
    parser.add_argument("--report", type=Path, help="Markdown file to write")
    given = parser.parse_args()
    print(f"seed {given.seed} on {given.database}", flush=True)
    with tempfile.TemporaryDirectory(prefix="ahora-chaos-cache-") as cache:
        report = run(
            given.database,
            given.seed,
            faults=given.faults,
            real_runs=given.real,
            cache=Path(cache),
            say=lambda line: print(line, flush=True),
        )
    text = written(report)
    print(text)
    if given.report is not None:
        given.report.write_text(text)
    return 1 if report.problems else 0


def written(report: Report) -> str:
    """The report as Markdown."""
    counts = [
        *((f"fault: {name}", count) for name, count in sorted(report.faults.items())),
        *((f"request: {name}", count) for name, count in sorted(report.disturbed.items())),
        *((f"user: {name}", count) for name, count in sorted(report.actions.items())),
        *((f"runs {name}", count) for name, count in sorted(report.runs.items())),
        ("attempts", report.attempts),
        ("events acknowledged", report.events),
    ]
    clocks = ", ".join(f"{name} {shift:+d} s" for name, shift in sorted(report.clocks.items()))
    problems = [f"- {problem}" for problem in report.problems] or ["None."]
    return "\n".join(
        [
            "# Chaos",
            "",
            "Written by `make chaos` (tests/chaos): what was done to a running stack, and what of its",
            "promises did not hold afterwards.",
            "",
            f"Database {report.database}, seed {report.seed}, {report.faults.total()} faults, "
            f"{report.seconds:.0f} s. Wrong clocks: {clocks or 'none'}.",
            "",
            "| what | times |",
            "|---|---:|",
            *(f"| {name} | {count} |" for name, count in counts),
            "",
            "## Promises that did not hold",
            "",
            *problems,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
