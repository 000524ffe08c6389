"""Groups, statistics, the link that reproduces them, exports, and two checkpoints on one prompt."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.backend.support import FakeWorker
from tests.client.live import Server
from tests.e2e import study
from tests.e2e.conftest import SCREENSHOTS, watched

MINUS = "\N{MINUS SIGN}"

SHIFTS = """new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifted = (window.shifted ?? 0) + entry.value;
}).observe({type: "layout-shift", buffered: true})"""


@pytest.fixture(scope="module")
def runs(server: Server, worker: FakeWorker) -> dict[str, list[str]]:
    with server.client() as client:
        return study.report(client, worker)


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["desk", "phone"])
def context(
    request: pytest.FixtureRequest, browser: Browser, server: Server, server_cookies: str
) -> Iterator[BrowserContext]:
    width, height = request.param
    made = browser.new_context(
        storage_state=server_cookies,
        base_url=server.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if width < 500 else "light",
    )
    made.set_default_timeout(20_000)
    made.add_init_script(SHIFTS)
    yield made
    made.close()


def download(page: Page, name: str, folder: Path) -> Path:
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as downloaded:
        page.get_by_role("menuitem", name=re.compile(f"^{name}")).click()
    path = folder / downloaded.value.suggested_filename
    downloaded.value.save_as(path)
    return path


def test_a_study_is_grouped_judged_shared_and_exported(
    page: Page, runs: dict[str, list[str]], tmp_path: Path
) -> None:
    ids = [*runs["grpo"], *runs["sa_ah_grpo"]]
    page.goto(f"/compare?runs={','.join(ids)}")
    table = page.get_by_role("table", name="Statistics of the groups")
    # seeds come together by themselves; plain GRPO is the baseline
    expect(table.get_by_text("n = 5, seeds 0 to 4")).to_have_count(2)
    passed = table.get_by_role("row", name="Pass@1 final")
    expect(passed).to_contain_text("difference +0.0976")
    expect(passed).to_contain_text("p = 0.0625, smallest 0.0625")
    expect(passed).to_contain_text("higher than the baseline")
    remarks = page.get_by_role("region", name="Remarks")
    expect(remarks).to_contain_text("p = 0.0625, the smallest that 5 pairs can give")
    # nothing moved while it came in
    assert page.evaluate("window.shifted ?? 0") < 0.01
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    name = f"compare-groups-{page.viewport_size['width'] if page.viewport_size else 0}.png"
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / name, full_page=True)

    # charts show means with their n, or differences to the baseline
    reward = page.get_by_role("slider", name="reward by step", exact=True)
    page.get_by_role("heading", name="Headline").scroll_into_view_if_needed()
    expect(reward).to_have_attribute(
        "aria-valuetext", re.compile(r"GRPO .*± .*n 5.*SA-AH-GRPO.*n 5")
    )
    page.get_by_role("switch", name="Difference to baseline").click()
    apart = page.get_by_role("slider", name=f"reward {MINUS} baseline by step", exact=True)
    expect(apart).to_have_attribute(
        "aria-valuetext", re.compile(r"step 30: SA-AH-GRPO alpha 2 0\.1")
    )

    # another grouping and another baseline, and the address says so
    page.get_by_role("combobox", name="Baseline").click()
    page.get_by_role("option", name="SA-AH-GRPO alpha 2").click()
    expect(passed).to_contain_text(f"difference {MINUS}0.0976")
    page.get_by_role("combobox", name="Group by").click()
    page.get_by_role("option", name="Algorithm", exact=True).click()
    page.wait_for_url("**by=algorithm**")

    # whoever opens the link sees the same
    with watched(page.context.new_page()) as other:
        other.goto(page.url)
        same = other.get_by_role("table", name="Statistics of the groups")
        expect(same.get_by_role("row", name="Pass@1 final")).to_contain_text(
            f"difference {MINUS}0.0976"
        )
        expect(other.get_by_role("switch", name="Difference to baseline")).to_be_checked()
        expect(other.get_by_role("combobox", name="Group by")).to_contain_text("Algorithm")

    report = download(page, "Report", tmp_path)
    rows = list(csv.DictReader(download(page, "Table", tmp_path).read_text().splitlines()))
    assert any(row["run"].startswith("'=study") for row in rows)
    data = json.loads(download(page, "Data", tmp_path).read_text())
    assert data["comparison"]["group_by"] == "algorithm"
    assert data["comparison"]["baseline"] == runs["sa_ah_grpo"][0]
    asked: list[str] = []
    with watched(page.context.new_page()) as shown:
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(report.as_uri())
        expect(shown.get_by_role("img", name="reward by step")).to_be_visible()
        expect(
            shown.get_by_role("heading", name="Comparison of 10 runs in 2 groups")
        ).to_be_visible()
        too_wide = shown.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0
        shown.screenshot(path=SCREENSHOTS / f"report-{name}", full_page=True)
    assert asked == [report.as_uri()]


def test_the_panel_says_what_the_data_does_not_show(page: Page, runs: dict[str, list[str]]) -> None:
    # every statistic that is asked of a study, with ratios of variances
    page.goto(f"/compare?runs={','.join([*runs['grpo'], *runs['ah_grpo']])}")
    table = page.get_by_role("table", name="Statistics of the groups")
    for measure in ("Pass@1 peak", "Detrended", "Sampling floor", "Entropy drop"):
        row = table.get_by_role("row", name=re.compile(f"^{measure}"))
        expect(row).to_contain_text(re.compile(r"\d to .*\d to "))
    expect(table.get_by_role("row", name=re.compile("^Training variance"))).to_contain_text(
        re.compile(r"ratio \d+.*smallest 0.0625")
    )
    remarks = page.get_by_role("region", name="Remarks")
    expect(remarks).to_contain_text("low variance because the reward collapsed or never rose")
    # with fewer seeds nothing is concluded
    page.goto(f"/compare?runs={','.join([*runs['grpo'][:3], *runs['sa_ah_grpo'][:3]])}")
    expect(table.get_by_text("3 seeds: too few to tell")).to_be_visible()
    # only what differs is listed, group by group
    differences = page.get_by_role("table", name="Configuration differences")
    expect(differences.get_by_role("row", name=re.compile("^algorithm.alpha"))).to_contain_text(
        re.compile("not set.*2")
    )
    expect(differences.get_by_role("row", name=re.compile("^max_steps"))).to_have_count(0)


def test_configuration_against_result(page: Page, runs: dict[str, list[str]]) -> None:
    ids = [*runs["grpo"][:2], *runs["sa_ah_grpo"][:2]]
    page.goto(f"/compare?runs={','.join(ids)}")
    scatter = page.get_by_role("img", name="Pass@1 final against algorithm.name, 4 runs")
    scatter.scroll_into_view_if_needed()
    page.get_by_role("combobox", name="Up: axis of the scatter plot").click()
    page.get_by_role("option", name="Training variance").click()
    expect(page.get_by_role("img", name="Training variance against algorithm.name")).to_be_visible()
    page.wait_for_url("**sy=training_variance**")
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table", name="Configuration and results")).to_contain_text(
        "sa_ah_grpo"
    )
    # parallel axes: those that are wanted, and only runs in the part of one that is dragged over
    parallel = page.get_by_role("region", name="Parallel axes").get_by_role("img")
    expect(parallel).to_have_attribute("aria-label", re.compile("^algorithm.name, .* of 4 runs$"))
    page.get_by_role("button", name="Axes").click()
    page.get_by_role("menuitemcheckbox", name="Entropy drop").click()
    page.keyboard.press("Escape")
    page.wait_for_url("**axes=**")
    expect(parallel).to_have_attribute("aria-label", re.compile("Entropy drop"))
    parallel.scroll_into_view_if_needed()
    faint = parallel.locator("path[style*='opacity: 0.15']")
    expect(faint).to_have_count(0)
    axis = parallel.locator("rect.cursor-ns-resize").first.bounding_box()
    assert axis is not None
    x = axis["x"] + axis["width"] / 2
    page.mouse.move(x, axis["y"] + 2)
    page.mouse.down()
    page.mouse.move(x, axis["y"] + axis["height"] / 3, steps=3)
    page.mouse.up()
    page.mouse.move(2, 2)
    expect(faint).to_have_count(2)
    page.wait_for_url("**picked=**")
    page.reload()
    expect(faint).to_have_count(2)


def test_two_checkpoints_answer_the_same_prompt(
    page: Page, worker: FakeWorker, runs: dict[str, list[str]]
) -> None:
    left, right = runs["grpo"][0], runs["sa_ah_grpo"][0]
    page.goto(f"/compare?runs={left},{right}")
    page.get_by_role("button", name="Try two checkpoints on a prompt").click()
    page.get_by_label("Prompt", exact=True).fill("48271*6=")
    page.get_by_role("button", name="Ask both").click()
    page.wait_for_url("**jobs=**")
    texts = {left: "LEFT>1", right: "RIGHT>2"}
    for _ in texts:
        study.answer(worker, texts)
    for side, text in (("Left", "LEFT>1"), ("Right", "RIGHT>2")):
        answer = page.get_by_role("region", name=f"{side} answer")
        expect(answer.get_by_role("listbox", name="token by token")).to_contain_text(text)
    page.reload()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("48271*6=")
    expect(page.get_by_role("region", name="Right answer")).to_contain_text("RIGHT>2")
