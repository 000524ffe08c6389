"""How smoothly the table of runs scrolls: frames and long tasks at a hand's speed and in a fling."""

from typing import Any

from playwright.sync_api import Browser, StorageState

SPEEDS = {"scroll": (60, 240), "fling": (600, 240)}
"""Pixels a frame, and frames: about a row a frame, and eleven."""
SCROLL = """async ([step, frames]) => {
  const table = document.querySelector("[role=region][aria-label=Runs]");
  const tasks = [];
  const observer = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) tasks.push(task.duration);
  });
  observer.observe({ type: "longtask" });
  const gaps = [];
  let last = performance.now();
  for (let i = 0; i < frames; i++) {
    table.scrollTop += step;
    await new Promise((done) => requestAnimationFrame(done));
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  await new Promise((done) => setTimeout(done, 500));
  observer.disconnect();
  return { gaps, tasks };
}"""


def scrolling(browser: Browser, url: str, state: StorageState) -> dict[str, Any]:
    """95th percentile of the frames, in ms, and how many tasks took more than 50 ms, at each speed."""
    context = browser.new_context(storage_state=state, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.locator("tr[data-row]").first.wait_for()
    page.wait_for_load_state("networkidle")
    found: dict[str, Any] = {}
    for name, (step, frames) in SPEEDS.items():
        seen = page.evaluate(SCROLL, [step, frames])
        gaps = sorted(seen["gaps"])
        found[f"{name}_frame_p95_ms"] = round(gaps[int(0.95 * len(gaps))], 1)
        found[f"{name}_long_tasks"] = len(seen["tasks"])
        found[f"{name}_longest_task_ms"] = max(seen["tasks"], default=0.0)
    context.close()
    return found
