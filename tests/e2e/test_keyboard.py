"""The dashboard without a mouse: palette, keys for pages, rows, and what keeps quiet while one types."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from ahora.schemas.runs import Run
from tests.client.live import Server, metrics_event, status_event
from tests.e2e.conftest import watched


@pytest.fixture(scope="module")
def runs(server: Server) -> list[Run]:
    """Three runs, the newest first: one at work, two that wait."""
    worker, http = server.worker()
    with server.client() as client, closing(http):
        made = [client.launch({"seed": seed}, name=f"run {seed}") for seed in range(2)]
        client.launch({"seed": 2}, name="at work", tags=["nightly"], priority=50)
        job = worker.job()
        worker.events(job, 1, status_event("running"), metrics_event(1))
        return [client.get(job["run_id"]), *reversed(made)]


@pytest.fixture
def page(browser: Browser, server: Server, server_cookies: str, runs: list[Run]) -> Iterator[Page]:
    context = browser.new_context(
        storage_state=server_cookies,
        base_url=server.url,
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    with watched(context.new_page()) as opened:
        yield opened
    context.close()


def ask(page: Page, words: str, entry: str) -> None:
    """Open the palette, type, and take the entry once it is the first."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="What to do")).to_be_focused()
    page.keyboard.type(words)
    first = page.get_by_role("option").first
    expect(first).to_contain_text(entry)
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="What to do")).to_have_count(0)


def test_the_palette_finds_runs_goes_to_pages_and_acts_on_the_run_shown(
    page: Page, runs: list[Run]
) -> None:
    page.goto("/")
    page.get_by_role("link", name="run 0").wait_for()
    ask(page, "go work", "Go to Workers")
    expect(page.get_by_role("heading", name="Workers", exact=True)).to_be_visible()
    for words in (runs[0].id, "nightly", "at work"):
        ask(page, words, "at work")
        page.wait_for_url(f"**/runs/{runs[0].id}")
        expect(page.get_by_role("heading", name="at work")).to_be_visible()
    ask(page, "copy id", "Copy the id of this run")
    expect(page.get_by_text(f"{runs[0].id} is copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == runs[0].id
    ask(page, "pause", "Pause this run")
    expect(page.get_by_text("Pausing").first).to_be_visible()
    # what the run's state no longer allows is no longer offered
    page.keyboard.press("Control+k")
    page.keyboard.type("this run")
    expect(page.get_by_role("option", name="Stop this run")).to_be_visible()
    expect(page.get_by_role("option", name="Pause this run")).to_have_count(0)
    page.keyboard.press("Escape")
    ask(page, "clone", "Clone this run")
    expect(page.get_by_role("dialog", name=re.compile("^Clone"))).to_be_visible()
    page.keyboard.press("Escape")
    ask(page, "compare with", "Compare this run with others")
    page.wait_for_url(f"**/compare?runs={runs[0].id}")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    ask(page, "theme", "Dark theme")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_rows_are_walked_ticked_and_opened(page: Page, runs: list[Run]) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="run 0")).to_be_visible()
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.textContent")
    names = [link.inner_text() for link in page.locator("[data-row] a").all()]
    assert [first, second] == names[:2]
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name=f"Select {second}")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=first)).to_be_visible()


def test_keys_go_to_pages_are_listed_and_keep_quiet_while_one_types(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="run 0").wait_for()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search runs")
    expect(search).to_be_focused()
    page.keyboard.type("grnjx?t")
    expect(search).to_have_value("grnjx?t")
    assert page.url.split("?")[0].endswith("/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/")
    page.get_by_role("link", name="run 0").wait_for()
    for keys, heading in (("gc", "Compare runs"), ("gw", "Workers"), ("n", "Launch a run")):
        page.locator("main").focus()
        page.keyboard.type(keys)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.locator("main").focus()
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keyboard shortcuts")
    for words in ("Go to Projects", "Next row", "Command palette", "Dark theme"):
        expect(listed.get_by_text(words, exact=True)).to_be_visible()
    # whoever speaks their input switches the single keys off; the palette stays
    listed.get_by_role("switch", name="Single keys do something").click()
    page.keyboard.press("Escape")
    page.keyboard.type("gw")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="What to do")).to_be_focused()
    expect(page).to_have_url(re.compile("/launch$"))
