"""Watching without looking: rules find what is wrong with a real run, pause it, and the browser says so."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from ahora.status import RunStatus
from tests.e2e.conftest import SCREENSHOTS, Stack
from tests.e2e.watched_runs import NEVER_TAUGHT

SPY = """
window.told = [];
const Real = window.Notification;
window.Notification = class extends Real {
  constructor(title, options) { super(title, options); window.told.push([title, options.body]); }
};
"""
LONG = 90_000


def test_a_rule_written_in_the_browser_pauses_a_run_and_somebody_acknowledges(
    page: Page, stack: Stack
) -> None:
    with stack.client() as client:
        run = client.launch(
            "demo-sa-ah-grpo",
            name="Watched by a rule",
            project="watched",
            overrides=NEVER_TAUGHT | {"max_steps": 2000},
        )
        page.goto(f"/runs/{run.id}")
        page.get_by_role("link", name="Rules of this run").click()
        page.get_by_role("link", name="the rules of watched").click()
        page.wait_for_url(re.compile("project=watched"))
        expect(page.get_by_role("switch", name="NaN or infinite")).to_be_checked()

        # a built-in rule is changed, and one of one's own is written
        page.get_by_role("button", name="Edit No group with signal").click()
        page.get_by_label("In a row, reports").fill("3")
        page.get_by_role("switch", name=re.compile("^Pause the run")).click()
        page.get_by_role("button", name="Save").click()
        region = page.get_by_role("region", name="No group with signal")
        expect(region).to_contain_text("built in, changed by the project")
        expect(region).to_contain_text("in 3 reports in a row")
        page.get_by_role("button", name="New rule").click()
        page.get_by_label("Name").fill("Reward below 2")
        page.get_by_label("Value").fill("2")
        page.get_by_label("In a row, reports").fill("1")
        page.get_by_label("What to try, shown with the alert").fill("Nothing can help.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("region", name="Reward below 2")).to_contain_text("of the project")

        # what they find, on the run
        page.goto(f"/runs/{run.id}")
        alert = page.get_by_role("article", name="No group with signal")
        alert.wait_for(timeout=LONG)
        expect(alert).to_contain_text("frac_reward_zero_std was 1 at step")
        expect(alert).to_contain_text("paused the run")
        page.get_by_text("Paused", exact=True).first.wait_for(timeout=LONG)
        mine = page.get_by_role("article", name="Reward below 2")
        mine.get_by_text("What to try").click()
        expect(mine).to_contain_text("Nothing can help.")
        page.screenshot(path=SCREENSHOTS / "alerts.png")
        assert client.get(run.id).status is RunStatus.PAUSED
        page.get_by_role("tab", name="Timeline").click()
        expect(page.get_by_role("tabpanel")).to_contain_text("No group with signal")

        # on the table, until somebody knows
        page.goto("/?project=watched")
        expect(page.get_by_text("2 alerts").first).to_be_visible()
        page.goto(f"/runs/{run.id}")
        for name in ("No group with signal", "Reward below 2"):
            card = page.get_by_role("article", name=name)
            card.get_by_role("button", name="Acknowledge").click()
            expect(card).to_have_count(0)
        expect(page.get_by_role("button", name="2 earlier alerts")).to_be_visible()
        page.goto("/?project=watched")
        page.get_by_role("link", name="Watched by a rule").first.wait_for()
        expect(page.get_by_text("2 alerts")).to_have_count(0)

        # it may go on, and is not paused for what is known
        client.resume(run.id)
        page.goto(f"/runs/{run.id}")
        page.get_by_text("Running", exact=True).first.wait_for(timeout=LONG)
        client.stop(run.id)
        assert client.wait(run.id, timeout=90).status is RunStatus.STOPPED


def test_the_browser_tells_of_the_end_that_was_asked_for(
    context: BrowserContext, stack: Stack
) -> None:
    context.grant_permissions(["notifications"], origin=stack.url)
    page = context.new_page()
    page.add_init_script(SPY)
    with stack.client() as client:
        run = client.launch(
            "demo-sa-ah-grpo", name="To be told of", overrides=NEVER_TAUGHT | {"max_steps": 2000}
        )
        page.goto(f"/runs/{run.id}")
        streams = (
            "performance.getEntriesByType('resource').filter(e => e.name.includes('runs=*')).length"
        )
        ask = page.get_by_role("button", name="Tell me when this ends")
        ask.wait_for()
        assert page.evaluate(streams) == 0, "nobody asked yet"
        with page.expect_request(re.compile(r"stream\?runs=\*|stream\?runs=%2A")):
            ask.click()
        page.get_by_role("button", name="You will be told when this ends").wait_for()
        page.get_by_text("Running", exact=True).first.wait_for(timeout=LONG)
        client.stop(run.id, "enough")
        page.wait_for_function("() => window.told.length > 0", timeout=LONG)
        title, body = page.evaluate("window.told[0]")
        assert title == "To be told of was stopped"
        assert "enough" in body
        # asked for once, told once
        assert page.evaluate("JSON.parse(localStorage['ahora-notify']).runs") == []

        # all alerts, from the menu
        page.get_by_role("button", name="Account").click()
        page.get_by_role("menuitem", name="Notifications").click()
        page.get_by_role("switch", name="Alerts").click()
        page.get_by_role("button", name="Close").last.click()
        with page.expect_request(re.compile(r"stream\?runs=")):
            page.reload()
        other = client.launch(
            "demo-sa-ah-grpo", name="Raises an alert", overrides=NEVER_TAUGHT | {"max_steps": 2000}
        )
        page.wait_for_function("() => window.told.length > 0", timeout=LONG)
        title, body = page.evaluate("window.told[0]")
        assert title == "No group with signal: Raises an alert"
        assert "frac_reward_zero_std was 1" in body
        client.stop(other.id)
        client.wait(other.id, timeout=90)
