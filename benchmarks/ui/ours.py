"""Ahora's own dashboard: the table of runs, a comparison, a run that streams, an hour of it."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, StorageState

from backend.db import Database
from backend.db.migrate import migrate
from backend.settings import Settings
from benchmarks.ui.data import LIVE_KEYS, Size, add_compared
from benchmarks.ui.page import chromium, heap_mb, visit
from benchmarks.ui.scrolling import scrolling
from benchmarks.ui.seed import fill
from tests.client.live import Server, metrics_event, status_event

TABLE = "return document.querySelectorAll('tr[data-row]').length >= 10"
CHART = """
document.getElementById("charts")?.scrollIntoView();
return !!document.querySelector('[role=slider][aria-label="reward by step"]')
  ?.getAttribute("aria-valuetext");
"""
HOUR = 1800
"""Steps of 40 metrics: 20 points a second for an hour."""


def seed(home: Path, size: Size) -> None:
    home.mkdir(parents=True)
    database = Database(Settings(home=home).database)
    migrate(database)
    compared = add_compared(database, size)
    fill(database, size.runs, size.steps)
    database.dispose()
    (home / "seeded.json").write_text(json.dumps(compared))


def measure(home: Path) -> dict[str, Any]:
    compared = json.loads((home / "seeded.json").read_text())
    server = Server(home)
    server.start()
    try:
        with chromium() as browser:
            with server.client() as client:
                login = client.login_url()
            state = logged_in(browser, login)
            table = visit(browser, f"{server.url}/", TABLE, state)
            scrolled = scrolling(browser, f"{server.url}/", state)
            link = f"{server.url}/compare?by=run&runs={','.join(compared)}"
            charts = visit(browser, link, CHART, state)
            hour = heap_after_an_hour(server, browser, state)
    finally:
        server.stop()
    return {
        "table_first_paint_ms": table.ready_ms,
        "charts_ready_ms": charts.ready_ms,
        "charts_longest_task_ms": charts.longest_task_ms,
        "charts_heap_mb": charts.heap_mb,
        "heap_mb": hour,
    } | (scrolled | streaming())


def logged_in(browser: Browser, login_url: str) -> StorageState:
    context = browser.new_context()
    page = context.new_page()
    page.goto(login_url)
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    state = context.storage_state()
    context.close()
    return state


def heap_after_an_hour(server: Server, browser: Browser, state: StorageState) -> float:
    """What a run's page holds after it was told of `HOUR` steps while it was open."""
    worker, http = server.worker()
    context = browser.new_context(storage_state=state, viewport={"width": 1440, "height": 900})
    with server.client() as client, closing(http):
        # the seeded runs that wait ask for a label that this worker does not have
        run = client.launch({"max_steps": HOUR}, name="an hour")
        job = worker.job()
        worker.events(job, 1, status_event("running"))
        page = context.new_page()
        page.goto(f"{server.url}/runs/{run.id}")
        page.get_by_text("Live", exact=True).first.wait_for()
        for first in range(0, HOUR, 20):
            steps = range(first + 1, first + 21)
            values = dict.fromkeys(LIVE_KEYS, first / HOUR)
            events = [metrics_event(step, **values) for step in steps]
            worker.events(job, first + 2, *events)
            page.wait_for_timeout(30)
        page.get_by_text("1,800", exact=False).first.wait_for()
        found = heap_mb(page)
    context.close()
    return found


def streaming() -> dict[str, float]:
    """Main-thread work while 20 steps a second come into 40 charts: see streaming.py."""
    command = [sys.executable, "-m", "benchmarks.ui.streaming"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=170)
    found = json.loads(done.stdout.splitlines()[-1])
    return {key: found[key] for key in ("update_p95_ms", "longest_task_ms")}
