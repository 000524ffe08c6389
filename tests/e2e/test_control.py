"""A run moved through its states in the browser, and a worker taken out of service."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend.support import FakeWorker, checkpoint
from tests.client.live import Server, metrics_event, status_event
from tests.e2e.conftest import watched

HELD = "Memory of its GPU is still held by ended processes of the run: 4242 (3.0 GiB)."


@pytest.fixture
def page(browser: Browser, server: Server, server_cookies: str) -> Iterator[Page]:
    context = browser.new_context(
        storage_state=server_cookies,
        base_url=server.url,
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
    )
    with watched(context.new_page()) as opened:
        yield opened
    context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def confirm(page: Page, name: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def is_now(page: Page, status: str) -> None:
    expect(page.locator("header").get_by_text(status, exact=True).first).to_be_visible()


def test_a_run_is_moved_paused_resumed_stopped_and_tried_again(
    page: Page, server: Server, worker: FakeWorker
) -> None:
    with server.client() as client:
        run = client.launch({"max_steps": 50, "resources": {"labels": ["a100"]}}, name="moves")
    page.goto(f"/runs/{run.id}")
    expect(
        page.get_by_text("It needs the label a100; the workers of the queue cpu")
    ).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Priority 0…").click()
    page.get_by_label("Priority, from -100 to 100").fill("7")
    confirm(page, "Save priority")

    press(page, "Pause")
    is_now(page, "Paused")
    assert worker.claim().json()["job"] is None
    press(page, "Resume")
    is_now(page, "Queued")

    worker.labels = ["a100"]
    job = worker.register().job()
    worker.events(job, 1, status_event("running"), *(metrics_event(n) for n in (1, 2, 3)))
    is_now(page, "Running")
    press(page, "Pause")
    is_now(page, "Pausing")
    assert worker.attempt_beat(job, 1).json()["desired"] == "pause"
    worker.events(job, 5, checkpoint(job, 3, "model.safetensors"), status_event("paused", "Saved."))
    is_now(page, "Paused")

    press(page, "Resume")
    is_now(page, "Queued")
    second = worker.job()
    assert [each["step"] for each in second["resume_from"]] == [3]
    worker.events(second, 1, status_event("running"))
    is_now(page, "Running")
    press(page, "Stop")
    page.get_by_label("Reason (optional, shown to the team)").fill("enough learnt")
    confirm(page, "Stop run")
    is_now(page, "Stopping")
    order = worker.attempt_beat(second, 1).json()
    assert (order["desired"], order["reason"]) == ("stop", "enough learnt")
    worker.events(second, 2, status_event("stopped", "enough learnt The checkpoint is saved."))
    is_now(page, "Stopped")

    press(page, "Try again")
    confirm(page, "Try again")
    is_now(page, "Queued")
    page.get_by_role("tab", name="Timeline").click()
    changes = page.get_by_role("list", name="Changes of state").get_by_role("listitem")
    expect(changes).to_have_count(14)
    for words in ("Priority 0 -> 7.", "by bench (worker), attempt 1", "enough learnt"):
        expect(changes.filter(has_text=words).first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="bench")).to_have_count(2)
    press(page, "Stop")
    confirm(page, "Stop run")
    is_now(page, "Stopped")


def test_a_worker_is_drained_and_says_which_slot_takes_no_runs(page: Page, server: Server) -> None:
    gpu, http = server.worker()
    with closing(http):
        gpu.name, gpu.queues, gpu.slots = "gpu-box", ["gpu"], 1
        gpu.register()
        use = {
            "cpu": 12.0,
            "memory_gb": 20.0,
            "memory_total_gb": 128.0,
            "devices": [{"slot": 0, "memory_gb": 3.0, "utilization": 0.0, "trouble": HELD}],
        }
        body = {"counter": 1, "busy_slots": 0, "use": use}
        gpu.client.post(f"/api/v1/worker/{gpu.id}/heartbeat", json=body).raise_for_status()
        with server.client() as client:
            run = client.launch({"resources": {"device": "cuda"}}, name="waits for the GPU")
        page.goto(f"/runs/{run.id}")
        expect(page.get_by_text(f"Slot 0 of gpu-box: {HELD}")).to_be_visible()

        page.goto("/workers")
        expect(page.get_by_text(f"Takes no runs now. {HELD}")).to_be_visible()
        page.get_by_role("button", name="Drain gpu-box").click()
        page.get_by_role("textbox", name="Reason").fill("new driver")
        confirm(page, "Drain")
        expect(page.get_by_text("new driver")).to_be_visible()
        beat = gpu.client.post(f"/api/v1/worker/{gpu.id}/heartbeat", json=body)
        assert beat.json() == {"drain": True}
        page.get_by_role("button", name="Take runs again").click()
        expect(page.get_by_role("button", name="Drain gpu-box")).to_be_visible()
