"""A page as a visitor's browser sees it: when it is ready, its longest task, its memory."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.e2e.conftest import BROWSERS

WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: "longtask", buffered: true });
const ready = () => { %s };
const look = () => {
  let found = false;
  try { found = ready(); } catch { /* not there yet */ }
  // the frame after the one in which it is there: by then it is painted
  if (found) requestAnimationFrame(() => { window.readyAt = performance.now(); });
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@dataclass(frozen=True)
class Visit:
    """What a visit found."""

    ready_ms: float
    """From the start of the navigation to the frame that shows what was waited for."""
    longest_task_ms: float
    """Of the main thread until then; 0 when none took 50 ms."""
    heap_mb: float
    """Of scripts, after their garbage was collected."""


@contextmanager
def chromium() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def visit(
    browser: Browser,
    url: str,
    ready: str,
    state: StorageState | None = None,
    seconds: float = 90.0,
) -> Visit:
    """Open `url` in a fresh profile (with the cookies of `state`) and wait until `ready` returns true,
    the body of a JavaScript function that is asked at each frame.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        **({} if state is None else {"storage_state": state}),
    )
    try:
        page = context.new_page()
        page.add_init_script(WATCH % ready)
        page.goto(url, wait_until="commit", timeout=1000 * seconds)
        deadline = time.monotonic() + seconds
        while (at := page.evaluate("window.readyAt ?? null")) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not there after {seconds:.0f} s")
            page.wait_for_timeout(20)
        longest = page.evaluate("window.longest")
        return Visit(round(at, 1), round(longest, 1), heap_mb(page))
    finally:
        context.close()


def heap_mb(page: Page) -> float:
    """Megabytes that scripts hold."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return round(used / 1e6, 1)
