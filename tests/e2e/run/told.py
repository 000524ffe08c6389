"""A run whose worker is the test, and what tests do with its charts."""

import math
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from ahora.client import Client
from tests.backend.support import FakeWorker

LONG = 4000
"""Steps of the long run: more than a chart has points."""
SPIKE = 2001
"""Step of its one outlier."""
HOLE = 3000
"""Step without a finite reward."""


class Told:
    """A run and its worker's side."""

    def __init__(self, api: Client, worker: FakeWorker, name: str, **about: Any) -> None:
        source = about.pop("source", {"max_steps": LONG})
        self.worker = worker
        self.id = api.launch(source, name=name, **about).id
        self.seq = 1
        self.claim()

    def claim(self) -> None:
        self.job = self.worker.job()
        assert self.job["run_id"] == self.id
        self.seq = 1

    def tell(self, *events: dict[str, Any]) -> None:
        for start in range(0, len(events), 500):
            part = events[start : start + 500]
            answer = self.worker.events(self.job, self.seq, *part)
            assert answer.status_code == 200, answer.text
            self.seq += len(part)


def reward(step: int) -> float:
    if step == HOLE:
        return math.nan
    return 90.0 if step == SPIKE else 0.5 + 0.4 * math.sin(step / 200) + 0.05 * math.sin(step)


def values(step: int) -> dict[str, Any]:
    found = reward(step)
    weights = {f"horizon/weight_at/{2**k}": math.exp(-k / (2 + step / LONG)) for k in range(6)}
    return {
        "reward": "NaN" if math.isnan(found) else found,
        "entropy": 1.0 + math.cos(step / 300),
        "entropy/positive": 0.9,
        "entropy/negative": 1.1,
        "kl": -1.0,
        "loss": 0.1,
        "grad_norm": 1.0,
        "frac_reward_zero_std": 0.25,
        "horizon/effective_length": 20.0,
        "horizon/effective_fraction": 0.5,
        "completions/mean_length": 40.0,
        **weights,
    }


def chart(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{re.escape(name)} by "))


def figure(page: Page, name: str) -> Locator:
    return page.locator("figure").filter(has=chart(page, name))


def drag(page: Page, name: str, start: float, end: float) -> None:
    """Select a part of a chart's width, both ends as shares of its plot."""
    box = chart(page, name).locator(".u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], y)
    page.mouse.move(box["x"] + end * box["width"], y)
    page.mouse.up()


def ink(page: Page, name: str) -> str:
    """The chart's pixels: they change when what is drawn does."""
    found = chart(page, name).locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return str(found)


def show(page: Page, name: str) -> None:
    """Bring a chart into view: it is not there before."""
    page.locator(f'[data-chart="{name}"]').scroll_into_view_if_needed()
    expect(chart(page, name)).to_be_visible()


def menu(page: Page, name: str, item: str) -> None:
    show(page, name)
    page.get_by_role("button", name=f"Menu of {name}", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


def saved(page: Page, name: str, item: str, folder: Path) -> Path:
    with page.expect_download() as download:
        menu(page, name, item)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def points_shown(page: Page, name: str) -> int:
    return int(chart(page, name).get_attribute("aria-valuemax") or 0) + 1
