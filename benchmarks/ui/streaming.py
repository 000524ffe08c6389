"""What a run page costs the browser while points stream in: `python -m benchmarks.ui.streaming`.

A real API process holds a run of 40 metrics with a history; a worker reports 20 steps a second over
HTTP, each with a value of every metric; headless Chromium shows the run's charts. Chromium's own trace
says how long its main thread was at work: all of its tasks, that is scripts, layout, painting and what
the browser itself does, not only our code. The work from one update to the next is one sample of
`update_p95_ms`, in CPU time of the thread, since server, worker and browser share the machine;
`update_wall_p95_ms` is the same by the clock. The last line is JSON.
"""

import argparse
import json
import math
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from ahora.client import Client
from ahora.metrics import METRICS
from tests.backend.support import FakeWorker
from tests.client.live import Server, metrics_event, status_event
from tests.e2e.conftest import BROWSERS

NAMES = [metric.name for metric in METRICS if metric.axis == "step" and "{" not in metric.name] + [
    f"rewards/part_{i}/mean" for i in range(40)
]
CATEGORIES = ["blink.user_timing", "devtools.timeline", "disabled-by-default-devtools.timeline"]
MARK = "ahora-update"
WATCH = f"""
const add = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, listener, options) {{
  const marked = name !== "metrics" ? listener : (event) => {{
    performance.mark("{MARK}");
    listener(event);
  }};
  return add.call(this, name, marked, options);
}};
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((one) => one.duration)))
  .observe({{ type: "longtask" }});
"""


@dataclass
class Story:
    """A run that is reported step by step."""

    worker: FakeWorker
    job: dict[str, Any]
    keys: list[str]
    max_steps: int
    step: int = 0
    seq: int = 1
    late: list[float] = field(default_factory=list)
    """Seconds that updates were sent too late."""

    def send(self, events: list[dict[str, Any]]) -> None:
        answer = self.worker.events(self.job, self.seq, *events)
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
        self.seq += len(events)

    def steps(self, count: int) -> list[dict[str, Any]]:
        made = []
        for _ in range(count):
            self.step += 1
            wave = [
                math.sin(self.step / (20 + i)) + 0.3 * math.sin(7.3 * self.step * (i + 1))
                for i in range(len(self.keys))
            ]
            made.append(metrics_event(self.step, **dict(zip(self.keys, wave, strict=True))))
        return made

    def stream(self, rate: float, stop: threading.Event) -> None:
        """One step every 1/rate seconds until `stop`."""
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            self.late.append(time.monotonic() - due)
            self.send(self.steps(1))
            due += 1 / rate


def begin(client: Client, worker: FakeWorker, metrics: int, history: int) -> Story:
    run = client.launch({"max_steps": 1_000_000}, name="streaming")
    job = worker.job()
    if job["run_id"] != run.id:
        raise RuntimeError("another run was waiting")
    story = Story(worker, job, NAMES[:metrics], 1_000_000)
    story.send([status_event("running")])
    while story.step < history:
        story.send(story.steps(min(250, history - story.step)))
    return story


def traced(browser: Browser, page: Page, during: Callable[[], None]) -> list[dict[str, Any]]:
    browser.start_tracing(page=page, categories=CATEGORIES)
    during()
    found: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    return found


@dataclass(frozen=True)
class Work:
    """What the main thread did."""

    cpu: np.ndarray[Any, Any]
    """Milliseconds of CPU time from each update to the next."""
    wall: np.ndarray[Any, Any]
    """The same by the clock."""
    longest: float
    """Milliseconds of the longest task by the clock."""
    updates: int


def tasks_of(
    events: list[dict[str, Any]], thread: tuple[int, int] | None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Starts, lengths and CPU times, in microseconds, of the tasks of a thread; without one, of the main
    thread of a page that did most."""
    tasks = [one for one in events if one["name"] == "RunTask" and one["ph"] == "X"]
    if thread is None:
        main = {
            (one["pid"], one["tid"])
            for one in events
            if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
        }
        done: Counter[tuple[int, int]] = Counter()
        for one in tasks:
            if (one["pid"], one["tid"]) in main:
                done[one["pid"], one["tid"]] += one["dur"]
        thread = done.most_common(1)[0][0]
    rows = [
        (one["ts"], one["dur"], one.get("tdur", one["dur"]))
        for one in tasks
        if (one["pid"], one["tid"]) == thread
    ]
    starts, wall, cpu = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return starts, wall, cpu


def work(events: list[dict[str, Any]]) -> Work:
    """Sum up a trace."""
    marks = [one for one in events if one["name"] == MARK]
    thread = (marks[0]["pid"], marks[0]["tid"])
    at = np.unique([one["ts"] for one in marks if (one["pid"], one["tid"]) == thread])
    starts, wall, cpu = tasks_of(events, thread)
    # the task that receives an update began a little before it
    owner = np.searchsorted(at, starts + wall, side="right") - 1
    inside = (owner >= 0) & (owner < len(at) - 1)
    cpu_each, wall_each = (
        np.bincount(owner[inside], weights=each[inside], minlength=len(at) - 1) / 1000
        for each in (cpu, wall)
    )
    return Work(cpu_each, wall_each, float(wall.max()) / 1000, len(at))


def measure(options: argparse.Namespace, root: Path) -> dict[str, Any]:
    server = Server(root)
    server.start()
    worker, http = server.worker()
    stop = threading.Event()
    try:
        with server.client() as client:
            story = begin(client, worker, options.metrics, options.history)
            login = client.login_url()
        thread = threading.Thread(target=story.stream, args=(options.rate, stop), daemon=True)
        with sync_playwright() as playwright:
            found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
            browser = playwright.chromium.launch(
                executable_path=found,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            width, _, height = options.viewport.partition("x")
            page = browser.new_page(viewport={"width": int(width), "height": int(height)})
            page.goto(login)
            page.get_by_role("heading", name="Runs", exact=True).wait_for()
            page.add_init_script(WATCH)
            page.goto(f"{server.url}/runs/{story.job['run_id']}")
            page.locator("canvas").first.wait_for()
            thread.start()
            page.mouse.move(2, 2)
            page.evaluate("scrollTo(0, 420)")  # the charts fill the window
            page.wait_for_timeout(options.warm_up * 1000)
            page.evaluate("longTasks.length = 0")
            events = traced(browser, page, lambda: page.wait_for_timeout(options.seconds * 1000))
            canvases = page.locator("canvas").count()
            seen = page.evaluate("longTasks")
            browser.close()
        stop.set()
        thread.join(timeout=10)
    finally:
        stop.set()
        http.close()
        server.stop()
    if options.trace:
        options.trace.write_text(json.dumps({"traceEvents": events}))
    done = work(events)
    return {
        "update_p95_ms": round(float(np.percentile(done.cpu, 95)), 2),
        "update_p50_ms": round(float(np.percentile(done.cpu, 50)), 2),
        "update_wall_p95_ms": round(float(np.percentile(done.wall, 95)), 2),
        "longest_task_ms": round(max([done.longest, *seen]), 2),
        "updates_per_s": round(done.updates / options.seconds, 1),
        "metrics": options.metrics,
        "charts_in_view": canvases,
        "history": options.history,
        "viewport": options.viewport,
        "sent_late_p95_ms": round(1000 * float(np.percentile(story.late, 95)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", type=int, default=40)
    parser.add_argument("--rate", type=float, default=20.0, help="steps a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--warm-up", type=float, default=5.0, help="seconds before the measurement")
    parser.add_argument("--history", type=int, default=5000, help="steps before the page opens")
    parser.add_argument("--viewport", default="1440x900")
    parser.add_argument("--trace", type=Path, help="keep Chromium's trace in this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(options, Path(folder))))


if __name__ == "__main__":
    main()
