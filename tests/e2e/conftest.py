"""The real stack (API, embedded Redis, Celery worker) and a real Chromium in front of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from ahora.client import Client
from tests.backend.support import FakeWorker
from tests.client.live import Server, free_port

ROOT = Path(__file__).parents[2]
AHORA = Path(sys.executable).with_name("ahora")
SCREENSHOTS = Path(__file__).parent / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@dataclass(frozen=True)
class Stack:
    """A running stack and how to reach it."""

    url: str
    home: Path
    environ: dict[str, str]

    def client(self) -> Client:
        return Client(home=self.home)

    def login_url(self) -> str:
        """A fresh one-time login URL, as a person would ask for it."""
        result = subprocess.run(
            [AHORA, "login-url"], env=self.environ, capture_output=True, text=True, check=True
        )
        return result.stdout.strip()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    environ = {**os.environ, "AHORA_HOME": str(home)}
    start = [AHORA, "up", "--detach", "--port", str(port), "--slots", "2"]
    subprocess.run(start, cwd=ROOT, env=environ, check=True, timeout=120)
    try:
        yield Stack(url=f"http://127.0.0.1:{port}", home=home, environ=environ)
    finally:
        subprocess.run([AHORA, "down"], cwd=ROOT, env=environ, check=True, timeout=120)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Not for the whole session: where it runs, Playwright's event loop does too, and tests of
    other files that run in the same process bring a loop of their own."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, "the end-to-end tests need Chromium: scripts/install_browser.sh"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


def log_in(browser: Browser, login_url: str, home: Path) -> str:
    """Path of the cookies of a browser that opened the one-time login URL."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(login_url)
    page.get_by_role("heading", name="Runs", exact=True).wait_for()
    path = home / "browser-state.json"
    context.storage_state(path=path)
    context.close()
    return str(path)


@pytest.fixture(scope="module")
def session_state(browser: Browser, stack: Stack) -> str:
    """Cookies for `stack`."""
    return log_in(browser, stack.login_url(), stack.home)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API without workers of its own: the file reports what it wants as one."""
    running = Server(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def worker(server: Server) -> Iterator[FakeWorker]:
    """The worker that the file plays."""
    made, http = server.worker()
    with closing(http):
        yield made


@pytest.fixture(scope="module")
def server_cookies(browser: Browser, server: Server) -> str:
    """Cookies for `server`."""
    with server.client() as client:
        return log_in(browser, client.login_url(), server.home)


@pytest.fixture
def context(browser: Browser, session_state: str, stack: Stack) -> Iterator[BrowserContext]:
    made = browser.new_context(
        storage_state=session_state, base_url=stack.url, viewport={"width": 1440, "height": 900}
    )
    made.set_default_timeout(20_000)
    yield made
    made.close()


@contextmanager
def watched(page: Page, allow: str = "\0") -> Iterator[Page]:
    """`page`; afterwards fails on what its console was told as an error, but for texts with `allow`."""
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and allow not in message.text:
            errors.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A logged-in page; an error on its console fails the test."""
    with watched(context.new_page()) as opened:
        yield opened
