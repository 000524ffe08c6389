"""The horizon view of a run in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.run.told import chart


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
