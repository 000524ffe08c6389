"""What the dispatch benchmark runs as a trainer: says when it started, and completes."""

import sys
import time

now = time.time()


def main(run_json: str, out: str) -> None:
    import json  # what follows may take its time: when it started is known
    from pathlib import Path

    name = json.loads(Path(run_json).read_text())["run_name"]
    started = Path(run_json.split("/worker-")[0], "started", name)
    partial = started.with_name(f"{name}.part")
    partial.write_text(repr(now))
    Path(out, "events.jsonl").write_text(
        '{"type":"status","status":"running"}\n{"type":"status","status":"completed"}\n'
    )
    partial.rename(started)


main(*sys.argv[1:])
