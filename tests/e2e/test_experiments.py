"""A newcomer launches three algorithms over five seeds as one, watches, stops and reports on it."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.client.live import Server, metrics_event, status_event
from tests.e2e.conftest import Stack, watched

pytestmark = pytest.mark.e2e


def test_three_algorithms_over_five_seeds_take_four_clicks(page: Page, stack: Stack) -> None:
    page.goto("/")
    page.get_by_role("link", name="Experiments").first.click()
    page.get_by_role("heading", name="Experiments", exact=True).wait_for()
    page.get_by_role("link", name=re.compile("New experiment|three algorithms")).first.click()
    expect(page.get_by_role("heading", name="Launch an experiment")).to_be_visible()
    expect(page.get_by_text("15 runs").first).to_be_visible()
    preview = page.get_by_role("table", name="Configurations")
    expect(preview.get_by_role("row")).to_have_count(4)
    button = page.get_by_role("button", name="Launch 15 runs")
    button.first.click()
    matrix = page.get_by_role("table", name="Runs by configuration and seed")
    expect(matrix.get_by_role("link")).to_have_count(15)
    expect(matrix.get_by_role("rowheader", name="SA-AH-GRPO alpha 2")).to_be_visible()
    page.get_by_role("button", name="Stop all").click()
    page.get_by_role("button", name="Stop all runs").click()
    with stack.client() as client:
        [summary] = [each for each in client.experiments() if each.runs == 15]
        for cell in client.experiment(summary.id).cells:
            for run in cell.runs:
                client.wait(run.run_id, timeout=120)
    expect(matrix.get_by_text("Stopped")).to_have_count(15)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("15 runs deleted")).to_be_visible()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()


def test_a_grid_is_previewed_run_and_reported_by_configuration(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    page.goto("/launch?preset=demo-sa-ah-grpo&grid=true")
    page.get_by_role("button", name="ah_grpo", exact=True).click()
    page.get_by_role("button", name="Alphas").click()
    page.get_by_label("Values of algorithm.alpha").fill("1, 2")
    page.get_by_label("Seeds").fill("1-2")
    page.get_by_label("Name", exact=True).fill("horizon strength")
    expect(page.get_by_text("6 runs").first).to_be_visible()
    page.get_by_text("1 combination is left out").click()
    expect(page.get_by_text("equals GRPO: grpo has no alpha")).to_be_visible()
    # a value that makes some runs invalid is named before anything is launched
    page.get_by_role("button", name="Any field").click()
    page.get_by_label("Field of axis 3").fill("rollout.num_generations")
    page.get_by_label("Values of rollout.num_generations").fill("8, 7")
    expect(page.get_by_text("3 configurations are not valid.").first).to_be_visible()
    table = page.get_by_role("table", name="Configurations")
    expect(table.get_by_text("rollout.generation_batch_size").first).to_be_visible()
    page.get_by_label("Remove axis 3").click()
    page.get_by_role("textbox", name="Max steps").fill("4")
    page.get_by_role("tab", name="YAML").click()
    text = page.get_by_label("Configuration as YAML")
    text.fill(re.sub(r"num_examples: \d+", "num_examples: 16", text.input_value()))
    # a reload keeps the grid
    page.wait_for_function(
        "Object.values(sessionStorage).some((text) => text.includes('horizon strength'))"
    )
    page.reload()
    expect(page.get_by_label("Values of algorithm.alpha")).to_have_value("1, 2")
    page.get_by_role("button", name="Launch 6 runs").first.click()
    heading = page.get_by_role("heading", name="horizon strength", exact=True)
    expect(heading).to_be_visible()
    url = page.url
    with stack.client() as client:
        [summary] = list(client.experiments(query="horizon strength"))
        for cell in client.experiment(summary.id).cells:
            for run in cell.runs:
                assert client.wait(run.run_id, timeout=240).status == "completed"
    expect(page.get_by_text("6 completed")).to_be_visible()
    statistics = page.get_by_role("table", name="Statistics of the groups")
    for label in ("GRPO", "SA-AH-GRPO alpha 1", "SA-AH-GRPO alpha 2"):
        expect(statistics.get_by_text(label, exact=True).first).to_be_visible()
    page.get_by_role("heading", name="Reward", exact=True).first.scroll_into_view_if_needed()
    expect(page.locator("canvas").first).to_be_visible()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=re.compile("Data")).click()
    file = tmp_path / "comparison.json"
    download.value.save_as(file)
    groups = json.loads(file.read_text())["comparison"]["groups"]
    assert [len(group["run_ids"]) for group in groups] == [2, 2, 2]
    # what was measured now gives an estimate
    page.goto("/launch?preset=demo-sa-ah-grpo&grid=true")
    expect(page.get_by_text(re.compile("of CPU time")).first).to_be_visible()
    page.goto("/experiments?q=horizon")
    page.get_by_role("link", name="horizon strength").click()
    assert page.url.split("?")[0] == url.split("?")[0]


def test_a_wide_experiment_is_followed_and_compared_as_a_whole(
    browser: Browser, server: Server, server_cookies: str
) -> None:
    """More runs than a comparison of picked runs takes; the worker is one that this test plays."""
    worker, http = server.worker()
    with server.client() as client:
        made = client.launch_experiment(
            "demo-sa-ah-grpo",
            "wide",
            grid={
                "algorithm.name": ["grpo", "sa_ah_grpo"],
                "optimizer.learning_rate": [1e-4, 1e-3],
            },
            seeds="0-29",
        )
    context = browser.new_context(storage_state=server_cookies, base_url=server.url)
    with watched(context.new_page()) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/experiments/{made.summary.id}")
        matrix = page.get_by_role("table", name="Runs by configuration and seed")
        expect(matrix.get_by_role("link")).to_have_count(120)
        # what a worker reports arrives by the stream
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        job = worker.job()
        steps = [metrics_event(step, reward=0.25) for step in range(1, 4)]
        worker.events(job, 1, status_event("running"), *steps)
        expect(matrix.get_by_text("r 0.25")).to_be_visible()
        expect(matrix.get_by_role("progressbar", name="Step 3 of 60")).to_be_visible()
        expect(page.get_by_text("1 running")).to_be_visible()
        reads = [url for url in asked if url.endswith(f"/experiments/{made.summary.id}")]
        assert len(reads) < 4, "it is told, and does not ask again and again"
        # all of its runs in one comparison, named after what the grid varies
        expect(page.get_by_role("combobox", name="Group by")).to_have_text(
            "algorithm \N{MULTIPLICATION SIGN} learning_rate"
        )
        table = page.get_by_role("table", name="Statistics of the groups")
        expect(table.get_by_text("n = 30, seeds 0 to 29")).to_have_count(4)
        page.get_by_role("combobox", name="Group by").click()
        page.get_by_role("option", name="Each run").click()
        expect(
            page.get_by_role("list", name="Runs compared").get_by_role("listitem")
        ).to_have_count(120)
        expect(page.get_by_text("Charts draw 100 of the 120 lines")).to_be_visible()
        # eight colours tell many lines apart by their dashes
        looks = (
            page.get_by_role("list", name="Runs compared")
            .locator("svg line")
            .evaluate_all(
                "lines => lines.map(l => `${l.style.stroke} ${l.getAttribute('stroke-dasharray')}`)"
            )
        )
        assert len(set(looks[:40])) == 40
    context.close()
    http.close()
