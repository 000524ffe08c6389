"""The form: folded, searched, explained, checked, cloned from any run, in YAML too, and kept on reload."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend.support import FakeWorker
from tests.client.live import Server
from tests.e2e.conftest import watched


@pytest.fixture
def page(browser: Browser, server: Server, server_cookies: str) -> Iterator[Page]:
    context = browser.new_context(storage_state=server_cookies, base_url=server.url)
    context.set_default_timeout(20_000)
    # a refused check stands on the console
    with watched(context.new_page(), allow="a status of 422") as opened:
        yield opened
    context.close()


def test_fields_are_folded_found_explained_and_taken_back(page: Page, worker: FakeWorker) -> None:
    page.goto("/launch?preset=demo-sa-ah-grpo")
    # a folded section says in one line what is in it, with what was changed
    optimizer = page.locator("[data-section=optimizer]")
    head = optimizer.get_by_role("button", name=re.compile("^Optimi[sz]er"))
    expect(head).to_have_attribute("aria-expanded", "false")
    expect(head).to_contain_text("learning_rate 1e-4")
    head.click()
    rate = page.locator("#field-optimizer-learning_rate")
    row = page.locator("[data-path='optimizer.learning_rate']")
    # help, default and bounds are the schema's
    expect(row).to_contain_text("default")
    expect(row.get_by_text("learning_rate", exact=True)).to_be_visible()
    before = rate.input_value()
    rate.fill("0.0123")
    expect(page.get_by_text("1 value changed.")).to_be_visible()
    expect(head.get_by_text("1 changed")).to_be_visible()
    head.click()
    expect(head).to_contain_text("0.0123")
    # which workers could take it
    expect(page.get_by_text(f"The worker {worker.name} can run it").first).to_be_visible()
    head.click()
    row.get_by_role("button", name="Reset").click()
    expect(rate).to_have_value(before)
    expect(page.get_by_text("As it started.")).to_be_visible()
    # words of the help find a field as well, and units stand beside the value
    search = page.get_by_role("searchbox", name="Search fields")
    search.fill("longest completion")
    found = page.locator("[data-path='rollout.max_completion_length']")
    expect(found).to_be_visible()
    expect(found.get_by_text("tokens", exact=True)).to_be_visible()
    expect(page.locator("[data-path='optimizer.learning_rate']")).to_have_count(0)
    search.fill("nothing is called so")
    expect(page.get_by_text("No field answers")).to_be_visible()


def test_yaml_is_checked_as_the_form_is_and_a_draft_outlives_a_reload(
    page: Page, worker: FakeWorker
) -> None:
    page.goto("/launch?preset=demo-grpo")
    page.get_by_label("Name", exact=True).fill("Kept over a reload")
    page.get_by_role("tab", name="YAML").click()
    text = page.get_by_label("Configuration as YAML")
    whole = text.input_value()
    wrong = re.sub(r"learning_rate: \S+", "learning_rate: -1", whole)
    text.fill(wrong)
    line = next(n for n, each in enumerate(wrong.split("\n"), 1) if "learning_rate: -1" in each)
    problems = page.locator("#yaml-problems")
    expect(problems).to_contain_text("optimizer.learning_rate")
    said = problems.get_by_role("listitem").inner_text().replace(f"Line {line}", "").strip()
    problems.get_by_role("button", name=f"Line {line}", exact=True).click()
    assert "learning_rate: -1" in page.evaluate("getSelection().toString()")
    # the form says the same of the same field
    page.get_by_role("tab", name="Form").click()
    page.get_by_role("button", name="Show").first.click()
    field = page.locator("[data-path='optimizer.learning_rate']")
    words = said.removeprefix("optimizer.learning_rate").strip().split(".")[0]
    expect(field).to_contain_text(re.compile(re.escape(words), re.IGNORECASE))
    page.get_by_role("tab", name="YAML").click()
    text.fill("seed: [1")
    expect(problems).to_contain_text("Not YAML")
    expect(page.get_by_role("tab", name="Form")).to_be_disabled()
    text.fill(re.sub(r"max_steps: \d+", "max_steps: 123", whole))
    page.wait_for_function("Object.values(sessionStorage).some((text) => text.includes('123'))")
    page.reload()
    expect(page.get_by_text("Your draft was put back.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Kept over a reload")
    page.get_by_role("tab", name="Form").click()
    expect(page.get_by_label("Max steps")).to_have_value("123")


def test_any_run_can_be_cloned(page: Page, server: Server, worker: FakeWorker) -> None:
    with server.client() as client:
        run = client.launch(
            "demo-sa-ah-grpo", name="To be cloned", tags=["mine"], overrides={"max_steps": 321}
        )
    page.goto("/launch")
    page.get_by_role("button", name=re.compile("^Clone a run")).click()
    page.get_by_role("dialog").get_by_role("searchbox").fill("to be cloned")
    page.get_by_role("dialog").get_by_role("link", name=re.compile("To be cloned")).click()
    page.wait_for_url(f"**from={run.id}")
    expect(page.get_by_label("Max steps")).to_have_value("321")
    page.get_by_label("Name", exact=True).fill("The clone")
    page.get_by_role("button", name="Launch", exact=True).first.click()
    expect(page.get_by_role("heading", name="The clone")).to_be_visible()
    with server.client() as client:
        [made] = [each for each in client.runs() if each.name == "The clone"]
        assert made.parent_run_id == run.id
        assert client.get(made.id).config == client.get(run.id).config
