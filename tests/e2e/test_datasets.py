"""A JSONL file is uploaded from the browser, trained on by a real worker, and found in provenance."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Stack, watched

pytestmark = pytest.mark.e2e

ROWS = [{"question": f"What is {n} + 1?", "result": n + 1, "level": "easy"} for n in range(40)]


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose console tells of the refusals that the test provokes."""
    with watched(context.new_page(), allow="the server responded with a status of 4") as opened:
        yield opened


def test_an_uploaded_file_is_checked_mapped_trained_on_and_kept(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    good = tmp_path / "plus one.jsonl"
    good.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    bad = tmp_path / "broken.jsonl"
    bad.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, {"question": "no result"}]))
    page.goto("/datasets")
    page.get_by_role("button", name="Upload a dataset").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(bad)
    expect(dialog.get_by_role("table", name="First rows")).to_contain_text("What is 0 + 1?")
    expect(dialog.get_by_role("combobox", name="Prompt column")).to_have_text("question")
    upload = dialog.get_by_role("button", name="Upload")
    expect(upload).to_be_disabled()
    dialog.get_by_role("combobox", name="Answer column").click()
    page.get_by_role("option", name="result").click()
    with page.expect_response(re.compile("/api/v1/datasets")) as refused:
        upload.click()
    assert refused.value.status == 422
    expect(dialog.get_by_role("alert")).to_contain_text("line 41 has no key 'result'")
    dialog.get_by_label("File").set_input_files(good)
    dialog.get_by_role("combobox", name="Answer column").click()
    page.get_by_role("option", name="result").click()
    upload.click()
    expect(page.get_by_role("heading", name="plus one")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="40 rows,")).to_be_visible()
    sha256 = hashlib.sha256(good.read_bytes()).hexdigest()
    expect(page.get_by_text(sha256, exact=True)).to_be_visible()

    page.get_by_role("link", name="Train on it").click()
    page.get_by_role("tab", name="YAML").click()
    text = page.get_by_label("Configuration as YAML")
    config = yaml.safe_load(text.input_value())
    assert config["data"]["dataset"] == sha256
    assert (config["data"]["prompt_column"], config["data"]["answer_column"]) == (
        "question",
        "result",
    )
    config["max_steps"] = 1
    config["rollout"] |= {
        "num_generations": 2,
        "generation_batch_size": 4,
        "max_completion_length": 8,
    }
    config["evaluation"] |= {"num_examples": 2, "eval_on_start": False, "num_samples": 0}
    config["evaluation"]["pass_k"] = []
    text.fill(yaml.safe_dump(config))
    button = page.get_by_role("button", name="Launch", exact=True).first
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    page.wait_for_url(re.compile("/runs/"))
    run_id = page.url.split("/runs/")[1].split("?")[0]

    page.goto("/datasets")
    page.get_by_role("button", name="plus one").click()
    page.get_by_role("button", name="Delete").click()
    with page.expect_response(re.compile("/api/v1/datasets")) as kept:
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    assert kept.value.status == 409
    expect(page.get_by_text("stop or finish them first")).to_be_visible()
    with stack.client() as client:
        run = client.wait(run_id, timeout=240)
    assert run.status == "completed", run.status_reason
    provenance = run.attempts[0].provenance
    assert provenance is not None
    assert provenance["data"]["files"] == {"data.dataset": sha256}
    # the worker had it from the server, and keeps it for the next run
    assert (stack.home / "cache" / "datasets" / f"{sha256}.jsonl").is_file()
    page.reload()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted plus one")).to_be_visible()
    expect(page.get_by_role("button", name="plus one")).to_have_count(0)
