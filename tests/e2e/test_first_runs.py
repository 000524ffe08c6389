"""What a newcomer does: fill the form, launch, watch, stop another run, compare the two."""

import re

from playwright.sync_api import Page, expect

from ahora.status import RunStatus
from tests.e2e.conftest import Stack

LONG = 240_000
"""Milliseconds: the first run of a machine builds the tiny model."""


def chart(page: Page, metric: str, words: str, timeout: int) -> None:
    """Wait until the chart of `metric` tells `words` of its newest point."""
    slider = page.get_by_role("slider", name=f"{metric} by step", exact=True)
    expect(slider).to_have_attribute("aria-valuetext", re.compile(words), timeout=timeout)


def test_a_newcomer_launches_watches_stops_and_compares(page: Page, stack: Stack) -> None:
    # the form: a wrong value is named beside its field, and the launch waits until it is right
    page.goto("/launch?preset=demo-grpo")
    page.get_by_role("heading", name="Launch a run").wait_for()
    page.get_by_label("Name", exact=True).fill("Launched in the browser")
    page.get_by_role("searchbox", name="Search fields").fill("learning_rate")
    rate = page.locator("#field-optimizer-learning_rate")
    rate.fill("-1")
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("One field needs your attention.").first).to_be_visible()
    rate.fill("0.0001")
    expect(rate).to_have_attribute("aria-invalid", "false")
    page.get_by_role("searchbox", name="Search fields").fill("max_steps")
    page.get_by_label("Max steps").fill("40")
    page.get_by_role("button", name="Launch", exact=True).first.click()

    # the run page: points arrive in a page that is never loaded again
    page.get_by_role("heading", name="Launched in the browser").wait_for()
    page.evaluate("window.sameDocument = true")
    chart(page, "reward", r"^step [1-9]", timeout=LONG)
    chart(page, "reward", r"^step (1[0-9]|[2-4][0-9])", timeout=LONG)
    assert page.evaluate("window.sameDocument") is True
    run_id = page.url.rpartition("/runs/")[2].partition("?")[0]

    # a second run, stopped while it trains
    with stack.client() as client:
        second = client.launch(
            "demo-sa-ah-grpo", name="To be stopped", overrides={"max_steps": 5000}
        )
        page.goto(f"/runs/{second.id}")
        page.get_by_role("heading", name="To be stopped").wait_for()
        chart(page, "reward", r"^step [1-9]", timeout=LONG)
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("button", name="Stop run").click()
        page.get_by_text("Stopped", exact=True).first.wait_for(timeout=90_000)
        stopped = client.get(second.id)
        assert stopped.status is RunStatus.STOPPED
        assert 0 < stopped.step < 5000
        assert client.checkpoints(second.id)[0].step == stopped.step
        assert client.wait(run_id, timeout=240).status is RunStatus.COMPLETED

    # the table: choose both and compare
    page.goto("/")
    page.get_by_role("checkbox", name="Select Launched in the browser").click()
    page.get_by_role("checkbox", name="Select To be stopped").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(re.compile("/compare"))
    summary = page.get_by_role("table", name="Summary of the runs")
    expect(summary).to_contain_text("Launched in the browser")
    expect(summary).to_contain_text("To be stopped")
    differences = page.get_by_role("table", name="Configuration differences")
    expect(differences).to_contain_text("algorithm.name")
    expect(differences).to_contain_text("max_steps")
    expect(page.get_by_role("region", name="Remarks")).to_contain_text("seed")
    chart(
        page, "reward", r"Launched in the browser .*To be stopped|To be stopped .*Launched", 30_000
    )
