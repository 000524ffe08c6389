"""The charts of a run in a real browser."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from ahora.client import Client
from tests.backend.support import FakeWorker
from tests.client.live import metrics_event, status_event
from tests.e2e.run.told import (
    HOLE,
    LONG,
    SPIKE,
    Told,
    chart,
    drag,
    figure,
    ink,
    menu,
    points_shown,
    reward,
    saved,
    show,
)


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


def test_what_is_zoomed_into_is_in_the_link(page: Page, long_run: str) -> None:
    page.goto(f"/runs/{long_run}?x=tokens")
    expect(chart(page, "reward")).to_have_attribute("aria-valuetext", re.compile("40,000 tokens"))
    drag(page, "reward", 0.25, 0.5)
    expect(page).to_have_url(re.compile(r"zoom=\d+(\.\d+)?(:|%3A)\d+"))
    zoomed = page.get_by_role("button", name="Zoom out")
    page.reload()
    expect(zoomed.first).to_be_visible()
    page.get_by_role("tab", name="Horizon").click()
    expect(zoomed.first).to_be_visible()
    zoomed.first.click()
    expect(zoomed).to_have_count(0)
    expect(page).not_to_have_url(re.compile("zoom="))
    # a zoom of one axis is none of another
    page.goto(f"/runs/{long_run}?zoom=1000:2000")
    expect(zoomed.first).to_be_visible()
    page.get_by_role("radio", name="Time").click()
    expect(zoomed).to_have_count(0)
    expect(page).not_to_have_url(re.compile("zoom="))


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
    table = saved(page, "reward", "Save all points as CSV", tmp_path).read_text()
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


def test_alerts_stand_on_the_charts_of_their_metrics(
    page: Page, api: Client, worker: FakeWorker
) -> None:
    run = Told(api, worker, "watched")
    run.tell(status_event("running"), *[metrics_event(step, kl=0.1) for step in range(1, 51)])
    run.tell(*[metrics_event(step, kl=5.0) for step in range(51, 61)])
    page.goto(f"/runs/{run.id}?zoom=1:50")
    flag = figure(page, "kl").get_by_role("link", name="Alert KL blow-up from step 53")
    expect(figure(page, "kl")).to_be_visible()
    expect(page.get_by_role("article", name="KL blow-up")).to_be_visible()
    expect(flag).to_be_hidden()  # out of sight
    figure(page, "kl").get_by_role("button", name="Zoom out").click()
    expect(flag).to_be_visible()
    expect(flag).to_have_attribute("title", re.compile("KL blow-up. kl was 5 at step"))
    expect(page.get_by_role("link", name=re.compile("^Alert "))).to_have_count(1)
    # where it is drawn is where its step is
    box, plot = flag.bounding_box(), chart(page, "kl").locator(".u-over").bounding_box()
    assert box is not None
    assert plot is not None
    place = (box["x"] + box["width"] / 2 - plot["x"]) / plot["width"]
    assert abs(place - (53 - 1) / (60 - 1)) < 0.02
    # it stays when the alert is over, and leads to it
    run.tell(*[metrics_event(step, kl=0.1) for step in range(61, 71)])
    expect(page.get_by_role("button", name="1 earlier alert")).to_be_visible()
    card = page.get_by_role("article", name="KL blow-up")
    expect(card).to_have_count(0)
    flag.click()
    expect(card).to_be_in_viewport()
    expect(page).to_have_url(re.compile("alert=kl-blowup"))
    run.tell(status_event("completed"))
