"""What a peer's page of one run costs the browser while points stream into it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser

from benchmarks.ui.page import heap_mb
from benchmarks.ui.streaming import tasks_of, traced

HERE = Path(__file__).parent
KEYS, HISTORY, RATE = 40, 5000, 20.0
DRAWN = "canvas, .plotly .trace, .vega-embed svg"
SECONDS, WARM_UP = 20.0, 8.0


@contextmanager
def streaming(name: str, python: Path, environ: dict[str, str], url: str) -> Iterator[str]:
    """Points come in; gives the address of the page of their run."""
    command = [python, HERE / "stream.py", name, url, str(KEYS), str(HISTORY), str(RATE)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("{"))
        found: dict[str, str] = json.loads(next(lines))
        yield found["address"]
    finally:
        process.terminate()
        process.wait(timeout=30)


def measure(browser: Browser, address: str) -> dict[str, Any]:
    """As `benchmarks.ui.streaming`; a peer's page asks when it likes, so its work is summed up over
    stretches of the time in which one step comes, 50 ms."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.goto(address, wait_until="commit", timeout=60_000)
        page.locator(DRAWN).first.wait_for(timeout=90_000)
        page.wait_for_timeout(1000 * WARM_UP)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        events = traced(browser, page, lambda: page.wait_for_timeout(1000 * SECONDS))
        starts, wall, cpu = tasks_of(events, None)
        stretch = ((starts - starts.min()) / 1e6 * RATE).astype(int)
        each = np.bincount(stretch, weights=cpu, minlength=int(SECONDS * RATE)) / 1000
        return {
            "update_p95_ms": round(float(np.percentile(each, 95)), 2),
            "update_mean_ms": round(float(each.mean()), 2),
            "longest_task_ms": round(float(wall.max()) / 1000, 1),
            "requests": len(asked),
            "charts_in_view": page.locator(DRAWN).count(),
            "streaming_heap_mb": heap_mb(page),
        }
    finally:
        page.close()
