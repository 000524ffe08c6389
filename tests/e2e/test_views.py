"""Every view, light and dark, on a desk and on a phone: it fits, says what it is, and logs no error.

The pictures are kept in tests/e2e/screenshots for whoever wants to look.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ahora.schemas.runs import Run
from tests.e2e.conftest import SCREENSHOTS, Stack, watched

VIEWS = {
    "runs": ("/", "Runs"),
    "launch": ("/launch", "Launch a run"),
    "workers": ("/workers", "Workers"),
    "compare-empty": ("/compare", "Compare runs"),
    "run-charts": ("/runs/{a}", "{name}"),
    "run-rollouts": ("/runs/{a}?tab=rollouts", "{name}"),
    "run-logs": ("/runs/{a}?tab=logs", "{name}"),
    "run-config": ("/runs/{a}?tab=config", "{name}"),
    "run-provenance": ("/runs/{a}?tab=provenance", "{name}"),
    "run-checkpoints": ("/runs/{a}?tab=checkpoints", "{name}"),
    "run-timeline": ("/runs/{a}?tab=timeline", "{name}"),
    "compare": ("/compare?runs={a},{b}", "Compare runs"),
    "unknown-run": ("/runs/nosuchrun", "not found"),
}


@pytest.fixture(scope="session")
def two_runs(stack: Stack) -> list[Run]:
    """Two short runs that completed, one with a name that is far too long and jobs on its checkpoint."""
    name = "A very long name that somebody chose for a run with every parameter in it " + "x" * 60
    with stack.client() as client:
        changes = {"max_steps": 12, "evaluation.num_examples": 32, "logging.rollout_steps": 4}
        runs = [
            client.launch("demo-grpo", overrides=changes, name=name, tags=["views"]),
            client.launch("demo-sa-ah-grpo", overrides=changes, tags=["views"]),
        ]
        runs = [client.wait(run.id, timeout=240) for run in runs]
        asked = [
            client.sample(runs[0].id, "48271*6="),
            client.evaluate(runs[0].id, num_examples=8),
            client.sample(runs[0].id, "What tiny cannot read, asked at some length. " * 4),
        ]
        for job in asked:
            client.wait_for_job(job.id, timeout=120)
        return runs


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["desk", "phone"])
def sized_page(
    request: pytest.FixtureRequest,
    browser: Browser,
    session_state: str,
    stack: Stack,
    scheme: str,
) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(
        storage_state=session_state,
        base_url=stack.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(20_000)
    with watched(context.new_page(), allow="404") as page:
        yield page
    context.close()


def test_every_view_fits_and_logs_no_error(
    sized_page: Page, scheme: str, two_runs: list[Run]
) -> None:
    a, b = two_runs
    width = sized_page.viewport_size["width"] if sized_page.viewport_size else 0
    for view, (path, heading) in VIEWS.items():
        sized_page.goto(path.format(a=a.id, b=b.id))
        words = heading.format(name=a.name)
        expect(sized_page.get_by_role("heading", name=words).first).to_be_visible()
        expect(sized_page.locator(".animate-pulse")).to_have_count(0)
        SCREENSHOTS.mkdir(exist_ok=True)
        sized_page.screenshot(path=SCREENSHOTS / f"{view}-{scheme}-{width}.png")
        too_wide = sized_page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{view} is {too_wide} px wider than a {width} px screen"
