"""The dashboard with a lot to show: `make bench-ui`.

Seeds 10,000 runs (10 steps of 15 metrics each) and 100 runs whose reward has 10,000 points, and measures
in headless Chromium at 1440 x 900: the time from the navigation to the frame that shows the table, and to
the frame that shows the curves of the 100 runs; how the table scrolls; the main thread's work while
20 steps a second come into 40 charts; what scripts hold after an hour's worth of events. MLflow's and
trackio's pages are opened on equal data, each server with one process on SQLite. A peer that fails is
reported with the reason.
The last line is JSON.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ui import ours
from benchmarks.ui.data import Size, write_files
from benchmarks.ui.peers import Peer

ROOT = Path(__file__).parents[2]
PARTS = ("ours", "mlflow", "trackio")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__)
    parser.add_argument("--data", type=Path, help="keep what is seeded here, and use what is there")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seed-only", action="store_true", help="seed, measure nothing")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers")
    parser.add_argument("--runs", type=int, default=Size.runs)
    parser.add_argument(
        "--seconds", type=float, default=110.0, help="longest wait for a peer's page"
    )
    options = parser.parse_args()
    folder = options.data or Path(tempfile.mkdtemp(prefix="ahora-bench-"))
    try:
        run(options, folder, Size(runs=options.runs))
    finally:
        if options.data is None:
            shutil.rmtree(folder, ignore_errors=True)


def run(options: argparse.Namespace, folder: Path, size: Size) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "rewards.npy").exists():
        write_files(folder, size)
    figures: dict[str, Any] = {}
    for name in options.only:
        peer = Peer(name, (options.peers / "bin").absolute(), (folder / name).absolute())

        def seed(peer: Peer = peer) -> None:
            ours.seed(peer.home, size) if peer.name == "ours" else peer.seed(folder.absolute())

        def measure(peer: Peer = peer) -> dict[str, Any]:
            return ours.measure(peer.home) if peer.name == "ours" else peer.measure(options.seconds)

        figures[name] = part(peer.home, seed, None if options.seed_only else measure)
        print(name, json.dumps(figures[name]), flush=True)
    peers = {name: figures[name] for name in options.only if name != "ours"}
    print(json.dumps({**figures.get("ours", {}), **peers}))


def part(
    home: Path, seed: Callable[[], None], measure: Callable[[], dict[str, Any]] | None
) -> dict[str, Any]:
    """What one dashboard showed, or why it could not be measured."""
    try:
        if not (home / "seeded.json").exists():
            shutil.rmtree(home, ignore_errors=True)
            seed()
        return measure() if measure is not None else {}
    except Exception as error:
        if home.name == "ours":
            raise
        return {"failed": f"{type(error).__name__}: {error}"[:300]}


if __name__ == "__main__":
    main()
