"""The heading of a run's page, and going on from one of its checkpoints."""

import re

from playwright.sync_api import Page, expect

from ahora.client import Client


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
