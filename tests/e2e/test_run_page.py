"""The run page in a real browser: charts, horizon, logs, configuration, on runs whose numbers are known."""

import csv
import io
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from ahora.client import Client
from tests.backend.support import FakeWorker, checkpoint, log
from tests.client.live import Server, metrics_event, status_event
from tests.e2e.conftest import AHORA, watched

LONG = 4000
"""Steps of the long run: more than a chart has points."""
SPIKE = 2001
"""Step of its one outlier."""
HOLE = 3000
"""Step without a finite reward."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API without workers, so that runs report only what a test says."""
    made = Server(tmp_path_factory.mktemp("run-page"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def worker(server: Server) -> Iterator[FakeWorker]:
    made, http = server.worker()
    yield made
    http.close()


@pytest.fixture(scope="module")
def context(browser: Browser, server: Server, api: Client) -> Iterator[BrowserContext]:
    made = browser.new_context(
        base_url=server.url,
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    made.set_default_timeout(20_000)
    page = made.new_page()
    page.goto(api.login_url())
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    page.close()
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with watched(context.new_page()) as opened:
        yield opened
        opened.close()


class Told:
    """A run and its worker's side."""

    def __init__(self, api: Client, worker: FakeWorker, name: str, **about: Any) -> None:
        source = about.pop("source", {"max_steps": LONG})
        self.worker = worker
        self.id = api.launch(source, name=name, **about).id
        self.seq = 1
        self.claim()

    def claim(self) -> None:
        self.job = self.worker.job()
        assert self.job["run_id"] == self.id
        self.seq = 1

    def tell(self, *events: dict[str, Any]) -> None:
        for start in range(0, len(events), 500):
            part = events[start : start + 500]
            answer = self.worker.events(self.job, self.seq, *part)
            assert answer.status_code == 200, answer.text
            self.seq += len(part)


def reward(step: int) -> float:
    if step == HOLE:
        return math.nan
    return 90.0 if step == SPIKE else 0.5 + 0.4 * math.sin(step / 200) + 0.05 * math.sin(step)


def values(step: int) -> dict[str, Any]:
    found = reward(step)
    weights = {f"horizon/weight_at/{2**k}": math.exp(-k / (2 + step / LONG)) for k in range(6)}
    return {
        "reward": "NaN" if math.isnan(found) else found,
        "entropy": 1.0 + math.cos(step / 300),
        "entropy/positive": 0.9,
        "entropy/negative": 1.1,
        "kl": -1.0,
        "loss": 0.1,
        "grad_norm": 1.0,
        "frac_reward_zero_std": 0.25,
        "horizon/effective_length": 20.0,
        "horizon/effective_fraction": 0.5,
        "completions/mean_length": 40.0,
        **weights,
    }


@pytest.fixture(scope="module")
def long_run(api: Client, worker: FakeWorker) -> str:
    """A run of two attempts, the second from step 1000, with an outlier and a missing value."""
    run = Told(api, worker, "long")
    run.tell(status_event("running"))
    run.tell(*[metrics_event(step, **values(step)) for step in range(1, 1001)])
    run.tell(checkpoint(run.job, 1000, "model.safetensors"), status_event("failed", "lost power"))
    api.retry(run.id)
    run.claim()
    run.tell(status_event("running"), {"type": "resumed", "step": 1000})
    run.tell(*[metrics_event(step, **values(step)) for step in range(1001, LONG + 1)])
    run.tell(*[log(f"line {i} of the log", "info") for i in range(30)])
    run.tell(log("something is odd (really)", "warning"), log("it broke", "error"))
    run.tell(status_event("completed"))
    return run.id


def chart(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{re.escape(name)} by "))


def figure(page: Page, name: str) -> Locator:
    return page.locator("figure").filter(has=chart(page, name))


def drag(page: Page, name: str, start: float, end: float) -> None:
    """Select a part of a chart's width, both ends as shares of its plot."""
    box = chart(page, name).locator(".u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], y)
    page.mouse.move(box["x"] + end * box["width"], y)
    page.mouse.up()


def ink(page: Page, name: str) -> str:
    """The chart's pixels: they change when what is drawn does."""
    found = chart(page, name).locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return str(found)


def show(page: Page, name: str) -> None:
    """Bring a chart into view: it is not there before."""
    page.locator(f'[data-chart="{name}"]').scroll_into_view_if_needed()
    expect(chart(page, name)).to_be_visible()


def menu(page: Page, name: str, item: str) -> None:
    show(page, name)
    page.get_by_role("button", name=f"Menu of {name}", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


def saved(page: Page, name: str, item: str, folder: Path) -> Path:
    with page.expect_download() as download:
        menu(page, name, item)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def points_shown(page: Page, name: str) -> int:
    return int(chart(page, name).get_attribute("aria-valuemax") or 0) + 1


def test_zooming_shows_true_points_in_all_charts(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    expect(chart(page, "reward")).to_have_attribute("aria-valuetext", re.compile("step 4,000"))
    assert points_shown(page, "reward") < 600  # means with their range
    with page.expect_response("**/api/v1/metrics/query") as answer:
        drag(page, "reward", 0.49, 0.52)
    asked = answer.value.request.post_data_json
    assert asked["min_step"] <= 0.49 * LONG
    assert asked["max_step"] - asked["min_step"] < 200
    (series,) = answer.value.json()["series"]
    assert not series["downsampled"]
    assert SPIKE in series["steps"]
    # every chart of the page is zoomed, those too that were out of sight
    zoomed = page.get_by_role("button", name="Zoom out")
    assert zoomed.count() > 3
    before = zoomed.count()
    expect(figure(page, "entropy").get_by_role("button", name="Zoom out")).to_be_visible()
    chart(page, "reward").dblclick()
    expect(zoomed).to_have_count(0)
    assert before > 0


def test_the_cursor_is_shared(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    show(page, "reward")
    box = chart(page, "reward").locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 1, box["y"] + 40)
    page.mouse.move(box["x"] + 2, box["y"] + 40)
    for name in ("reward", "entropy"):
        expect(chart(page, name)).to_have_attribute("aria-valuetext", re.compile(r"^step \d{1,2}:"))
    # by keyboard, for one chart
    chart(page, "reward").focus()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(chart(page, "reward")).to_have_attribute("aria-valuetext", re.compile("^step 1:"))


def test_smoothing_axes_and_outliers_are_in_the_link(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    expect(chart(page, "reward")).to_be_visible()
    plain = ink(page, "entropy")
    page.get_by_role("slider", name="Smoothing").fill("0.9")
    expect(page).to_have_url(re.compile("smooth=0.9"))
    page.wait_for_function(
        "([before, name]) => [...document.querySelectorAll('[role=slider]')].some(one =>"
        " one.ariaLabel === name && one.querySelector('canvas')?.toDataURL() !== before)",
        arg=[plain, "entropy by step"],
    )
    # the raw line is still there: the value read is the raw one
    expect(chart(page, "reward")).to_have_attribute(
        "aria-valuetext", re.compile(f"reward {reward(LONG):.4g}")
    )
    page.get_by_role("switch", name="Log axis").click()
    show(page, "kl")
    expect(page.get_by_text("No value above zero to show on a log axis")).to_be_visible()
    page.get_by_role("switch", name="Log axis").click()
    page.get_by_role("switch", name="Ignore outliers").click()
    show(page, "reward")
    expect(figure(page, "reward").get_by_text("outlier not shown")).to_be_visible()
    page.get_by_role("radio", name="Tokens").click()
    expect(chart(page, "reward")).to_have_attribute("aria-label", "reward by tokens")
    expect(chart(page, "reward")).to_have_attribute("aria-valuetext", re.compile("40,000 tokens"))
    page.get_by_role("radio", name="Time").click()
    expect(chart(page, "reward")).to_have_attribute("aria-label", "reward by training time")
    page.reload()
    expect(chart(page, "reward")).to_have_attribute("aria-label", "reward by training time")
    expect(page.get_by_role("switch", name="Ignore outliers")).to_be_checked()
    expect(page.get_by_role("slider", name="Smoothing")).to_have_value("0.9")


def test_pins_and_order_are_kept(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    menu(page, "loss", "Pin to the top")
    menu(page, "grad_norm", "Pin to the top")
    pinned = page.get_by_role("region", name="Pinned").locator("[data-chart]")
    expect(pinned).to_have_count(2)
    menu(page, "grad_norm", "Move forward")

    def names() -> list[str]:
        return [str(one.get_attribute("data-chart")) for one in pinned.all()]

    assert names() == ["grad_norm", "loss"]
    page.reload()
    expect(pinned).to_have_count(2)
    assert names() == ["grad_norm", "loss"]
    # by hand as well
    handle = page.locator('[data-chart="loss"] [draggable]')
    handle.drag_to(page.locator('[data-chart="grad_norm"]'), force=True)
    expect(pinned.first).to_have_attribute("data-chart", "loss")
    menu(page, "loss", "Unpin")
    menu(page, "grad_norm", "Unpin")
    expect(pinned).to_have_count(0)


def test_a_chart_fills_the_screen_and_has_a_link(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    menu(page, "reward", "Full screen")
    dialog = page.get_by_role("dialog", name=re.compile("reward"))
    box = dialog.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (1440, 900)
    page.reload()
    inside = dialog.get_by_role("slider", name="reward by step")
    expect(inside).to_be_visible()
    assert (inside.bounding_box() or {"height": 0})["height"] > 500
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).not_to_have_url(re.compile("chart="))


def test_charts_are_saved_as_files(page: Page, long_run: str, tmp_path: Path) -> None:
    page.goto(f"/runs/{long_run}")
    expect(chart(page, "reward")).to_have_attribute("aria-valuetext", re.compile("step 4,000"))
    png = saved(page, "reward", "Save as PNG", tmp_path).read_bytes()
    assert png.startswith(b"\x89PNG\r\n")
    width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
    assert width > 250
    assert height > 200
    svg = saved(page, "reward", "Save as SVG", tmp_path)
    assert svg.name == "long reward.svg"
    drawn = svg.read_text()
    # parsed by the browser itself: well formed, with the border of the attempt and the missing value
    parts = page.evaluate(
        """text => {
          const found = new DOMParser().parseFromString(text, "image/svg+xml");
          return [found.querySelectorAll("parsererror").length, found.querySelectorAll("path").length,
                  found.querySelectorAll("polygon").length, found.documentElement.textContent];
        }""",
        drawn,
    )
    assert parts[0] == 0
    assert parts[1] > 10
    assert parts[2] == 1  # the range of what each point is the mean of
    assert "attempt 2" in parts[3]
    assert "l6 6m0-6l-6 6" in drawn  # the cross
    table = saved(page, "reward", "Save points as CSV", tmp_path).read_text()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == LONG  # all of them, not what is shown
    assert float(rows[SPIKE - 1]["reward"]) == 90.0
    assert rows[HOLE - 1]["reward"] == "NaN"


def test_only_charts_in_view_are_mounted(page: Page, long_run: str) -> None:
    page.set_viewport_size({"width": 400, "height": 500})
    page.goto(f"/runs/{long_run}")
    show(page, "reward")
    assert page.locator("[data-chart]").count() >= 10
    assert page.locator("canvas").count() < 6


def test_nothing_moves_when_data_arrives(page: Page, long_run: str) -> None:
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.shift += one.value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    for tab in ("charts", "horizon", "logs", "config"):
        page.goto(f"/runs/{long_run}?tab={tab}")
        expect(page.get_by_role("tabpanel")).to_be_visible()
        expect(page.locator(".animate-pulse")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shift") < 0.02, tab


def test_live_points_reach_charts_without_a_gap(
    page: Page, api: Client, worker: FakeWorker
) -> None:
    run = Told(api, worker, "live")
    run.tell(status_event("running"), *[metrics_event(step, kl=0.1) for step in range(1, 11)])
    page.goto(f"/runs/{run.id}")
    expect(chart(page, "reward")).to_have_attribute("aria-valuetext", re.compile("step 10:"))
    run.tell(*[metrics_event(step, kl=0.1) for step in range(11, 31)])
    expect(chart(page, "reward")).to_have_attribute(
        "aria-valuetext", re.compile("step 30: reward 3")
    )
    assert points_shown(page, "kl") == 30
    run.tell(status_event("completed"))


def test_horizon_view(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}?tab=horizon")
    for title in (
        "Effective horizon",
        "Entropy by the sign of the advantage",
        "Groups without signal",
    ):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    weights = page.get_by_role("slider", name="Weight by position by position in the completion")
    expect(weights).to_have_attribute("aria-valuetext", re.compile("token 32: step 1 .*step 4,000"))
    expect(chart(page, "Effective horizon")).to_have_attribute(
        "aria-valuetext", re.compile("effective length.* 20 tokens.*mean length 40")
    )
    # points of a curve are no charts of their own
    page.goto(f"/runs/{long_run}")
    expect(page.locator('[data-chart="horizon/effective_fraction"]')).to_be_attached()
    assert page.locator('[data-chart^="horizon/weight_at"]').count() == 0


def test_logs_search_levels_and_download(page: Page, long_run: str, tmp_path: Path) -> None:
    page.goto(f"/runs/{long_run}?tab=logs")
    lines = page.get_by_role("region", name="Log lines")
    expect(lines).to_contain_text("it broke")
    page.get_by_role("searchbox", name="Search the log").fill("(REALLY)")
    expect(lines.locator("mark")).to_have_text("(really)")
    expect(lines).not_to_contain_text("it broke")
    page.reload()
    expect(lines.locator("mark")).to_have_text("(really)")
    page.get_by_role("searchbox", name="Search the log").fill("")
    page.get_by_role("combobox", name="Level").click()
    page.get_by_role("option", name="Errors", exact=True).click()
    expect(page).to_have_url(re.compile("level=error"))
    expect(lines).to_contain_text("it broke")
    expect(lines).not_to_contain_text("something is odd")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    path = tmp_path / "run.log"
    download.value.save_as(path)
    text = path.read_text()
    assert "[attempt 2] WARNING" in text
    assert text.count("of the log") == 30


def test_logs_follow(page: Page, api: Client, worker: FakeWorker) -> None:
    run = Told(api, worker, "chatty")
    run.tell(status_event("running"), *[log(f"line {i}") for i in range(100)])
    page.goto(f"/runs/{run.id}?tab=logs")
    lines = page.get_by_role("region", name="Log lines")
    expect(lines).to_contain_text("line 99")
    lines.evaluate("box => box.scrollIntoView({ block: 'end' })")
    run.tell(log("one more"))
    expect(lines.get_by_text("one more")).to_be_in_viewport()
    lines.hover()
    page.mouse.wheel(0, -600)
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_be_visible()
    run.tell(log("unseen"))
    follow.click()
    expect(lines.get_by_text("unseen")).to_be_in_viewport()
    run.tell(status_event("completed"))


@pytest.fixture(scope="module")
def child(api: Client, worker: FakeWorker) -> str:
    """A run from a preset, cloned with a change."""
    changes = {"max_steps": 5, "optimizer.learning_rate": 0.002}
    parent = api.launch("demo-sa-ah-grpo", overrides=changes, name="it's the parent", tags=["a b"])
    cloned = api.clone(parent.id, overrides={"algorithm.alpha": 1.5}, name="its child")
    for _ in range(2):
        job = worker.job()
        worker.events(job, 1, status_event("running"), status_event("completed"))
    assert api.get(cloned.id).preset == "demo-sa-ah-grpo"
    return cloned.id


def test_configuration_and_its_differences(page: Page, child: str) -> None:
    page.goto(f"/runs/{child}?tab=config")
    field = page.get_by_text("learning_rate", exact=True)
    expect(field).to_be_visible()
    expect(field).to_have_attribute("title", re.compile("[Ll]earning rate"))
    page.get_by_role("radio", name="YAML").click()
    expect(page.get_by_label("Configuration as YAML")).to_contain_text("learning_rate: 0.002")
    page.get_by_role("radio", name="Differences").click()
    to_preset = page.get_by_role("table", name="To the preset demo-sa-ah-grpo")
    expect(to_preset.get_by_role("row")).to_have_count(4)  # the heading, two changes and alpha
    to_parent = page.get_by_role("table", name="To the run it's the parent")
    expect(to_parent.get_by_role("row")).to_have_count(2)
    expect(to_parent).to_contain_text("algorithm.alpha")
    page.reload()
    expect(to_parent).to_contain_text("1.5")


@pytest.mark.parametrize("way", ["command line", "REST request", "Python"])
def test_what_is_copied_launches_the_same_run(
    page: Page, server: Server, api: Client, child: str, way: str, tmp_path: Path
) -> None:
    page.goto(f"/runs/{child}?tab=config")
    with page.expect_response("**/api/v1/config/presets"):
        page.reload()
    page.get_by_role("button", name="Copy as").click()
    page.get_by_role("menuitem", name=way).click()
    expect(page.get_by_text(f"Copied as {way}")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    token = (server.home / "secrets" / "user.token").read_text().strip()
    environ = {
        **os.environ,
        "AHORA_HOME": str(server.home),
        "AHORA_TOKEN": token,
        "PATH": f"{AHORA.parent}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-c", text] if way == "Python" else ["bash", "-ec", text]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["id"] if way == "REST request" else done.stdout.split()[0]
    launched = api.get(made)
    assert launched.config == api.get(child).config
    assert launched.name == "its child"
    api.stop(made)


def test_a_checkpoint_is_trained_on(page: Page, api: Client, long_run: str) -> None:
    page.goto(f"/runs/{long_run}?tab=checkpoints")
    page.get_by_role("button", name="Resume from here").click()
    dialog = page.get_by_role("dialog", name="Resume from step 1,000")
    changes = dialog.get_by_role("textbox", name=re.compile("^Changes"))
    changes.fill("max_steps")
    expect(dialog.get_by_role("alert")).to_contain_text("FIELD = VALUE")
    changes.fill("max_steps = 7")
    dialog.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("heading", name="long from step 1000")).to_be_visible()
    made = api.get(page.url.rsplit("/", 1)[1])
    assert made.config["max_steps"] == 7
    assert made.from_checkpoint is not None
    assert made.from_checkpoint.run_id == long_run
    api.stop(made.id)


def test_the_header_says_where_the_run_stands(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    expect(page.get_by_role("progressbar")).to_be_visible()
    for words in ("Completed", "4,000", "Ran", "Worker", "Device", "Priority", "bench"):
        expect(
            page.get_by_role("banner").or_(page.locator("header")).get_by_text(words).first
        ).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
