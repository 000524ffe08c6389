"""A trained checkpoint is tried on a prompt, evaluated and exported in the browser; the download loads."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import BrowserContext, Locator, Page, expect
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.e2e.conftest import SCREENSHOTS, Stack, watched

LONG = 240_000
"""Milliseconds: the first run of a machine builds the tiny model."""


def job(page: Page, name: str) -> Locator:
    """The card of a job that has completed."""
    card = page.get_by_role("article", name=name)
    expect(card.get_by_text("Completed")).to_be_visible(timeout=LONG)
    return card


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A logged-in page whose console may tell of a form that was refused, and of no other error."""
    with watched(context.new_page(), allow="422") as opened:
        yield opened


def test_a_checkpoint_is_tried_evaluated_and_exported(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    with stack.client() as client:
        changes = {
            "max_steps": 4,
            "model.use_peft": True,
            "evaluation.num_examples": 16,
            "optimizer.learning_rate": 0.001,
        }
        run = client.launch("demo-sa-ah-grpo", name="To be exported", overrides=changes)
        client.wait(run.id, timeout=240)
        (checkpoint,) = client.checkpoints(run.id)
        listed = client.projects()

        page.goto(f"/runs/{run.id}?tab=checkpoints")
        page.get_by_role("button", name="Try on a prompt").click()
        form = page.get_by_role("dialog")
        # what cannot be is said beside its field, and nothing is lost
        form.get_by_label("Prompt", exact=True).fill("48271*6=")
        form.get_by_label("Temperature").fill("-1")
        form.get_by_role("button", name="Sample").click()
        expect(form.get_by_label("Temperature")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Temperature").fill("0.8")
        form.get_by_label("Completions").fill("2")
        form.get_by_role("button", name="Sample").click()
        sampled = job(page, "Prompt: 48271*6=")
        completions = sampled.get_by_role("listbox", name="token by token")
        expect(completions).to_have_count(2)
        assert completions.first.inner_text().strip()

        page.get_by_role("button", name="Evaluate", exact=True).click()
        form = page.get_by_role("dialog")
        form.get_by_label("Samples each").fill("2")
        form.get_by_label("Pass@k").fill("2")
        form.get_by_role("button", name="Evaluate", exact=True).click()
        evaluated = job(page, "Evaluation")
        for figure in ("pass@1", "pass@2", "problems"):
            expect(evaluated.get_by_text(figure, exact=True)).to_be_visible()
        (held,) = [each for each in client.jobs(run.id) if each.kind == "evaluate"]
        assert held.metrics["eval/pass@1"] == checkpoint.metrics["eval/pass@1"]

        page.get_by_role("button", name="Export", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()
        exported = job(page, "Export of the merged model")
        with page.expect_download() as downloaded:
            exported.get_by_role("link", name="Download").first.click()
        archive = tmp_path / "model.tar"
        downloaded.value.save_as(archive)
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "jobs.png", full_page=True)

        # plain transformers loads it, and it answers as the checkpoint did
        with tarfile.open(archive) as files:
            files.extractall(tmp_path, filter="data")
        (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
        model = AutoModelForCausalLM.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        prompt = tokenizer("48271*6=", return_tensors="pt")["input_ids"]
        with torch.no_grad():
            ids = model.generate(prompt, max_new_tokens=60, do_sample=False)
        greedy = client.sample(run.id, "48271*6=", greedy=True, max_completion_length=60)
        found = client.wait_for_job(greedy.id, timeout=120).result
        assert found is not None
        assert found.kind == "sample"
        answer = tokenizer.decode(ids[0, prompt.shape[1] :], skip_special_tokens=True)
        assert answer == found.completions[0].text
        assert (folder / "README.md").read_text().startswith("---\nlibrary_name")

        # neither the table nor the projects know of it, and whoever watches the page was told
        assert client.projects() == listed
        expect(page.get_by_role("article")).to_have_count(4)
        page.goto("/")
        page.get_by_role("link", name="To be exported").first.wait_for()
        expect(page.get_by_text("step 4 of To be exported")).to_have_count(0)
