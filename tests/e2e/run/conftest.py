"""One API without workers for the tests of the run page, and a run whose numbers are known."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from ahora.client import Client
from tests.backend.support import FakeWorker, checkpoint, log
from tests.client.live import Server, metrics_event, status_event
from tests.e2e.conftest import watched
from tests.e2e.run.told import LONG, Told, values


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API without workers, so that runs report only what a test says."""
    made = Server(tmp_path_factory.mktemp("run-page"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="package")
def api(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="package")
def worker(server: Server) -> Iterator[FakeWorker]:
    made, http = server.worker()
    yield made
    http.close()


@pytest.fixture(scope="module")
def context(browser: Browser, server: Server, api: Client) -> Iterator[BrowserContext]:
    made = browser.new_context(
        base_url=server.url,
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    made.set_default_timeout(20_000)
    page = made.new_page()
    page.goto(api.login_url())
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    page.close()
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with watched(context.new_page()) as opened:
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def long_run(api: Client, worker: FakeWorker) -> str:
    """A run of two attempts, the second from step 1000, with an outlier and a missing value."""
    run = Told(api, worker, "long")
    run.tell(status_event("running"))
    run.tell(*[metrics_event(step, **values(step)) for step in range(1, 1001)])
    run.tell(checkpoint(run.job, 1000, "model.safetensors"), status_event("failed", "lost power"))
    api.retry(run.id)
    run.claim()
    run.tell(status_event("running"), {"type": "resumed", "step": 1000})
    run.tell(*[metrics_event(step, **values(step)) for step in range(1001, LONG + 1)])
    run.tell(*[log(f"line {i} of the log", "info") for i in range(30)])
    run.tell(log("something is odd (really)", "warning"), log("it broke", "error"))
    run.tell(status_event("completed"))
    return run.id
