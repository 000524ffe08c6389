"""Every view, light and dark, from a phone to a 4K screen: it fits, logs no error, and meets WCAG 2 AA.

The pictures are kept in tests/e2e/screenshots for whoever wants to look.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from ahora.schemas.runs import Run
from tests.e2e.axe import violations
from tests.e2e.conftest import SCREENSHOTS, Stack, watched

VIEWS = {
    "runs": ("/", "Runs"),
    "launch": ("/launch", "Launch a run"),
    "workers": ("/workers", "Workers"),
    "projects": ("/projects", "Projects"),
    "rules": ("/rules", "Rules"),
    "experiments": ("/experiments", "Experiments"),
    "datasets": ("/datasets", "Datasets"),
    "launch-grid": ("/launch?preset=demo-grpo&grid=true", "Launch an experiment"),
    "launch-dataset": ("/launch?dataset={dataset}", "Launch a run"),
    "experiment": ("/experiments/{experiment}", "Whether the horizon helps"),
    "dataset": ("/datasets?open={dataset}", "sums with a long name"),
    "compare-empty": ("/compare", "Compare runs"),
    "run-charts": ("/runs/{a}", "{name}"),
    "run-horizon": ("/runs/{b}?tab=horizon", "{other}"),
    "run-rollouts": ("/runs/{a}?tab=rollouts", "{name}"),
    "run-logs": ("/runs/{a}?tab=logs", "{name}"),
    "run-config": ("/runs/{a}?tab=config", "{name}"),
    "run-provenance": ("/runs/{a}?tab=provenance", "{name}"),
    "run-checkpoints": ("/runs/{a}?tab=checkpoints", "{name}"),
    "run-timeline": ("/runs/{a}?tab=timeline", "{name}"),
    "compare": ("/compare?runs={a},{b}", "Compare runs"),
    "unknown-run": ("/runs/nosuchrun", "not found"),
    "no-such-page": ("/nosuchpage", "Not found"),
}
MOVING = """document.getAnimations()
  .filter(({playState, effect}) => playState === "running" && effect.getComputedTiming().duration > 1)
  .map(({animationName, transitionProperty}) => animationName ?? transitionProperty)"""
OPENED = {"palette": "Control+k", "shortcuts": "?"}
"""What opens over a view, and by which key."""


ALERT = {"kind": "threshold", "metric": "reward", "op": "<", "value": 2.0}


@dataclass(frozen=True)
class Shown:
    """What there is to see, and the parts of addresses that show it."""

    runs: list[Run]
    experiment: str
    dataset: str

    @property
    def parts(self) -> dict[str, str]:
        a, b = self.runs
        named = {"name": a.name, "other": b.name}
        return {
            "a": a.id,
            "b": b.id,
            **named,
            "experiment": self.experiment,
            "dataset": self.dataset,
        }


@pytest.fixture(scope="session")
def shown(stack: Stack) -> Shown:
    """Runs that completed, one with jobs on its checkpoint and an alert; an experiment; a dataset. Names
    are far too long."""
    name = "A very long name that somebody chose for a run with every parameter in it " + "x" * 60
    file = stack.home / "sums with a long name that must be cut somewhere in the table.jsonl"
    file.write_text("".join(f'{{"prompt": "{n} + 1?", "answer": {n + 1}}}\n' for n in range(9)))
    with stack.client() as client:
        dataset = client.upload_dataset(file)
        changes = {"max_steps": 12, "evaluation.num_examples": 32, "logging.rollout_steps": 4}
        runs = [
            client.launch("demo-grpo", overrides=changes, name=name, tags=["views"]),
            client.launch("demo-sa-ah-grpo", overrides=changes, tags=["views"]),
        ]
        client.write_rule("low", run_id=runs[0].id, name="Reward below 2", condition=ALERT)
        experiment = client.launch_experiment(
            "demo-sa-ah-grpo",
            "Whether the horizon helps, told at far too great length " + "x" * 60,
            grid={"algorithm.name": ["grpo", "sa_ah_grpo"]},
            seeds="0-1",
            overrides={"max_steps": 3, "evaluation.num_examples": 16},
        )
        runs = [client.wait(run.id, timeout=240) for run in runs]
        assert runs[0].alerts == ["Reward below 2"]
        asked = [
            client.sample(runs[0].id, "48271*6="),
            client.evaluate(runs[0].id, num_examples=8),
            client.sample(runs[0].id, "What tiny cannot read, asked at some length. " * 4),
        ]
        for job in asked:
            client.wait_for_job(job.id, timeout=120)
        for cell in experiment.cells:
            for each in cell.runs:
                client.wait(each.run_id, timeout=240)
    return Shown(runs, experiment.summary.id, dataset.id)


SCREENS = {
    "desk": (1440, 900),
    "phone": (390, 844),
    "4k": (3840, 2160),
}
Scheme = Literal["light", "dark"]


@pytest.fixture(
    params=[
        ("light", "desk"),
        ("dark", "desk"),
        ("light", "phone"),
        ("dark", "phone"),
        ("dark", "4k"),
    ],
    ids="-".join,
)
def screen(request: pytest.FixtureRequest) -> tuple[Scheme, str]:
    found: tuple[Scheme, str] = request.param
    return found


@pytest.fixture
def screen_page(
    browser: Browser, session_state: str, stack: Stack, screen: tuple[Scheme, str]
) -> Iterator[Page]:
    width, height = SCREENS[screen[1]]
    context = browser.new_context(
        storage_state=session_state,
        base_url=stack.url,
        viewport={"width": width, "height": height},
        color_scheme=screen[0],
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    with watched(context.new_page(), allow="404") as page:
        yield page
    context.close()


def test_every_view_fits_is_accessible_and_logs_no_error(
    screen_page: Page, screen: tuple[Scheme, str], shown: Shown
) -> None:
    scheme, size = screen
    name = f"{scheme}-{SCREENS[size][0]}"
    for view, (path, heading) in VIEWS.items():
        screen_page.goto(path.format(**shown.parts))
        words = heading.format(**shown.parts)
        expect(screen_page.get_by_role("heading", name=words).first).to_be_visible()
        looks_right(screen_page, f"{view}-{name}")
    for view, key in OPENED.items():
        screen_page.goto("/workers")
        expect(screen_page.get_by_role("heading", name="Workers", exact=True)).to_be_visible()
        screen_page.keyboard.press(key)
        expect(screen_page.get_by_role("dialog")).to_be_visible()
        looks_right(screen_page, f"{view}-{name}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page_is_accessible(browser: Browser, stack: Stack, scheme: Scheme) -> None:
    context = browser.new_context(base_url=stack.url, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    looks_right(page, f"login-{scheme}")
    context.close()


def looks_right(page: Page, name: str) -> None:
    """Once everything is there: nothing is wider than the screen, and axe finds nothing."""
    expect(page.locator(".animate-pulse")).to_have_count(0, timeout=20_000)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert too_wide <= 0, f"{name} is {too_wide} px wider than the screen"
    assert violations(page) == [], name
    # these browsers ask for reduced motion
    assert page.evaluate(MOVING) == [], name
