"""The log of a run in a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from ahora.client import Client
from tests.backend.support import FakeWorker, log
from tests.client.live import status_event
from tests.e2e.run.told import Told


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
