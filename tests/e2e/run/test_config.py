"""The configuration of a run in a real browser: its differences, and as commands that work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ahora.client import Client
from tests.backend.support import FakeWorker
from tests.client.live import Server, status_event
from tests.e2e.conftest import AHORA


@pytest.fixture(scope="module")
def child(api: Client, worker: FakeWorker) -> str:
    """A run from a preset, cloned with a change."""
    changes = {"max_steps": 5, "optimizer.learning_rate": 0.002}
    parent = api.launch("demo-sa-ah-grpo", overrides=changes, name="it's the parent", tags=["a b"])
    cloned = api.clone(parent.id, overrides={"algorithm.alpha": 1.5}, name="its child")
    for _ in range(2):
        job = worker.job()
        worker.events(job, 1, status_event("running"), status_event("completed"))
    assert api.get(cloned.id).preset == "demo-sa-ah-grpo"
    return cloned.id


def test_configuration_and_its_differences(page: Page, child: str) -> None:
    page.goto(f"/runs/{child}?tab=config")
    field = page.get_by_text("learning_rate", exact=True)
    expect(field).to_be_visible()
    expect(field).to_have_attribute("title", re.compile("[Ll]earning rate"))
    page.get_by_role("radio", name="YAML").click()
    expect(page.get_by_label("Configuration as YAML")).to_contain_text("learning_rate: 0.002")
    page.get_by_role("radio", name="Differences").click()
    to_preset = page.get_by_role("table", name="To the preset demo-sa-ah-grpo")
    expect(to_preset.get_by_role("row")).to_have_count(4)  # the heading, two changes and alpha
    to_parent = page.get_by_role("table", name="To the run it's the parent")
    expect(to_parent.get_by_role("row")).to_have_count(2)
    expect(to_parent).to_contain_text("algorithm.alpha")
    page.reload()
    expect(to_parent).to_contain_text("1.5")


@pytest.mark.parametrize("way", ["command line", "REST request", "Python"])
def test_what_is_copied_launches_the_same_run(
    page: Page, server: Server, api: Client, child: str, way: str, tmp_path: Path
) -> None:
    page.goto(f"/runs/{child}?tab=config")
    with page.expect_response("**/api/v1/config/presets"):
        page.reload()
    page.get_by_role("button", name="Copy as").click()
    page.get_by_role("menuitem", name=way).click()
    expect(page.get_by_text(f"Copied as {way}")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    token = (server.home / "secrets" / "user.token").read_text().strip()
    environ = {
        **os.environ,
        "AHORA_HOME": str(server.home),
        "AHORA_TOKEN": token,
        "PATH": f"{AHORA.parent}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-c", text] if way == "Python" else ["bash", "-ec", text]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["id"] if way == "REST request" else done.stdout.split()[0]
    launched = api.get(made)
    assert launched.config == api.get(child).config
    assert launched.name == "its child"
    api.stop(made)
