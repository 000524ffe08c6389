"""Reading what the policy wrote: filters, shades, values, distributions, one prompt across training."""

import re

import pytest
from playwright.sync_api import Page, expect

from ahora.schemas.runs import Run
from ahora.status import RunStatus
from tests.e2e.conftest import SCREENSHOTS, Stack
from tests.e2e.watched_runs import NEVER_TAUGHT

CREDIT = "Advantage \u00d7 weight"


@pytest.fixture(scope="module")
def sampled(stack: Stack) -> Run:
    """A run that samples the same prompts again."""
    with stack.client() as client:
        run = client.launch(
            "demo-sa-ah-grpo", name="Sampled", overrides=NEVER_TAUGHT | {"max_steps": 10}
        )
        found = client.wait(run.id, timeout=240)
        assert found.status is RunStatus.COMPLETED, found.status_reason
        return found


def test_groups_of_a_step_are_filtered_shaded_and_read_token_by_token(
    page: Page, sampled: Run
) -> None:
    page.goto(f"/runs/{sampled.id}?tab=rollouts")
    page.get_by_text("Step 10", exact=True).wait_for()
    page.keyboard.press("[")
    page.wait_for_url(re.compile("step=9"))
    page.keyboard.press("]")
    page.wait_for_url(re.compile("step=10"))

    shown = page.get_by_role("radiogroup", name="Show completions")
    expect(shown.get_by_text(re.compile("^All 128"))).to_be_visible()
    expect(shown.get_by_text(re.compile("^Correct 0"))).to_be_visible()
    shown.get_by_text(re.compile(r"^Truncated \d")).click()
    page.wait_for_url(re.compile("show=truncated"))
    expect(page.get_by_text("Truncated", exact=True).first).to_be_visible()
    shown.get_by_text(re.compile(r"^No signal \d")).click()
    expect(page.get_by_text("No signal: all rewards are equal").first).to_be_visible()
    first = page.get_by_role("region", name="Group 1", exact=True)
    prompt = first.get_by_text(re.compile(r"^\d\d\*\d=$")).inner_text()
    page.get_by_label("Search prompts and completions").fill(prompt)
    expect(page.get_by_role("heading", name=re.compile("^Group"))).to_have_count(1)
    page.get_by_label("Search prompts and completions").fill("")

    for shade in ("Horizon weight", "Log-probability", CREDIT, "Entropy"):
        page.get_by_role("radio", name=shade).click()
    token = first.get_by_role("option").nth(3)
    token.hover()
    tip = page.get_by_role("status").filter(has_text="Probability")
    for quantity in ("Entropy", "Horizon weight", "Log-probability", CREDIT):
        expect(tip).to_contain_text(quantity)
    expect(first.get_by_role("img", name=re.compile("^Horizon weight from")).first).to_be_visible()

    # the keyboard goes through groups, and a link leads to one
    page.locator("main").focus()
    page.keyboard.press("j")
    expect(page.locator("main [data-row] a:focus")).to_have_count(1)
    page.get_by_role("link", name="Group 7", exact=True).click()
    page.wait_for_url(re.compile("group=6"))
    page.reload()
    expect(page.get_by_role("region", name="Group 7", exact=True)).to_be_in_viewport()


def test_distributions_of_all_steps_lead_to_a_step(page: Page, sampled: Run) -> None:
    page.goto(f"/runs/{sampled.id}?tab=rollouts")
    both = page.get_by_role("region", name="Distributions over steps")
    expect(both).to_contain_text(re.compile(r"Step 10: 128 completions, reward 0.*truncated"))
    lengths = both.get_by_role("img", name=re.compile("^Length of the completions over 10"))
    lengths.click(position={"x": 4, "y": 40})
    page.wait_for_url(re.compile("step=1(&|$)"))
    expect(both).to_contain_text("Step 1: 128 completions")


def test_one_prompt_is_followed_across_training(page: Page, stack: Stack, sampled: Run) -> None:
    with stack.client() as client:
        often = client.prompts(sampled.id)[0]
        steps = [one.step for one in client.prompt_history(sampled.id, often.prompt_id).appearances]
    assert len(steps) >= 2
    page.goto(f"/runs/{sampled.id}?tab=rollouts&step={steps[0]}&find={often.prompt_id}")
    page.get_by_role("link", name="Follow this prompt").click()
    page.get_by_role("heading", name="One prompt across training").wait_for()
    for step in steps:
        group = page.get_by_role("region", name=f"Step {step}", exact=True)
        expect(group.get_by_role("listbox").first).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^Step {steps[-1]}, reward 0")).click()
    page.wait_for_url(re.compile(f"step={steps[-1]}"))
    page.screenshot(path=SCREENSHOTS / "prompt-across-training.png")
    page.get_by_role("button", name="All prompts of a step").click()
    page.get_by_role("slider", name="Step of the rollouts").wait_for()
