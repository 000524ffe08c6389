"""The run table in a real browser: columns, conditions, order, groups, views, many runs at once."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from backend.db import Database
from benchmarks.ui.seed import fill
from tests.client.live import Server
from tests.e2e.conftest import SCREENSHOTS

RUNS = 450
# by the seed in the fourth column and, for the same seed, by the first number from large to small
IN_ORDER = """() => {
    const rows = [...document.querySelectorAll("tr[data-row]")].map((row) =>
        [...row.cells].map((cell) => Number(cell.innerText)));
    const inOrder = (a, b) => a[4] < b[4] || (a[4] === b[4] && a[2] >= b[2]);
    return rows.length > 5 && rows.every((row, i) => i === 0 || inOrder(rows[i - 1], row));
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("table"))
    running.start()
    database = Database(f"sqlite:///{running.home / 'ahora.db'}")
    fill(database, RUNS, 3)
    database.dispose()
    yield running
    running.stop()


@pytest.fixture
def context(browser: Browser, server: Server, server_cookies: str) -> Iterator[BrowserContext]:
    made = browser.new_context(
        storage_state=server_cookies, base_url=server.url, viewport={"width": 1440, "height": 900}
    )
    made.set_default_timeout(20_000)
    yield made
    made.close()


def table(page: Page) -> Locator:
    return page.get_by_role("table", name="Runs")


def headings_are(page: Page, *names: str) -> None:
    """Waits until exactly these columns stand there in this order."""
    found = table(page).get_by_role("separator")
    expect(found).to_have_count(len(names))
    for place, name in enumerate(names):
        expect(found.nth(place)).to_have_attribute("aria-label", f"Width of {name}")


def edit(row: Locator, label: str) -> None:
    """Clicks a pencil, which is there while the mouse is over what it changes."""
    pencil = row.get_by_role("button", name=label)
    pencil.locator("..").hover()
    pencil.click()


def total(page: Page, count: int) -> None:
    expect(page.locator("h1 + span")).to_have_text(f"{count:,}")


def test_all_rows_scroll_and_only_those_in_view_are_there(page: Page) -> None:
    page.goto("/?sort=created_at")
    total(page, RUNS)
    expect(table(page)).to_have_attribute("aria-rowcount", str(RUNS + 1))
    frame = page.get_by_role("region", name="Runs", exact=True)
    frame.evaluate("frame => frame.scrollTo(0, frame.scrollHeight)")
    # the newest, which waits, is the last; what lies between was never read
    expect(page.locator(f'tr[aria-rowindex="{RUNS + 1}"]').get_by_text("Queued")).to_be_visible()
    assert page.locator("tr[data-row]").count() < 60
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_keys_walk_beyond_the_rows_in_view_tick_and_open(page: Page) -> None:
    page.goto("/?sort=created_at")
    expect(page.locator('tr[data-row][aria-rowindex="2"]')).to_be_visible()
    for row in range(2, 42):
        page.keyboard.press("j")
        expect(page.locator(f'tr[aria-rowindex="{row}"] a:focus')).to_be_in_viewport()
    page.keyboard.press("x")
    expect(page.locator('tr[aria-rowindex="41"]').get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("k")
    name = page.locator('tr[aria-rowindex="40"] a:focus').inner_text()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_columns_are_chosen_moved_sized_and_pinned_and_the_link_keeps_it(page: Page) -> None:
    # as wide as all of these columns: what is dragged and where it goes are both in view
    page.set_viewport_size({"width": 2200, "height": 900})
    page.goto("/")
    usual = table(page).get_by_role("separator")
    expect(usual.first).to_be_visible()
    names = [(one.get_attribute("aria-label") or "").split(" of ")[1] for one in usual.all()]
    page.get_by_role("button", name="Columns", exact=True).click()
    picker = page.get_by_role("dialog", name="Columns")
    for word, label in (("learning_rate", "optimizer.learning_rate"), ("reward max", "reward max")):
        picker.get_by_role("searchbox").fill(word)
        picker.get_by_text(label, exact=True).click()
    page.keyboard.press("Escape")
    headings_are(page, *names, "learning_rate", "reward max")
    # by drag, and by the column's menu, which the keyboard reaches
    heads = table(page).get_by_role("columnheader")
    heads.filter(has_text="reward max").drag_to(heads.filter(has_text="Status"))
    expect(page).to_have_url(re.compile("col=name,metric.reward.max,status"))
    page.get_by_role("button", name="Column Status").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Pin to the left").press("Enter")
    expect(page).to_have_url(re.compile("pin=name,status"))
    edge = page.get_by_role("separator", name="Width of Model")
    box = edge.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 64, box["y"] + 10)
    page.mouse.up()
    expect(page).to_have_url(re.compile("width=model%3A19[123]"))
    page.reload()
    headings_are(page, "Name", "Status", "reward max", *names[2:], "learning_rate")
    expect(edge).to_have_attribute("aria-valuenow", re.compile("^19"))


def test_conditions_and_several_sorts(page: Page) -> None:
    page.goto("/?col=name,metric.reward.max,config.optimizer.learning_rate,seed")
    page.get_by_role("button", name="Filter", exact=True).click()
    builder = page.get_by_role("dialog", name="Condition")
    builder.get_by_role("searchbox").fill("learning_rate")
    builder.get_by_role("button", name="optimizer.learning_rate").click()
    builder.get_by_role("textbox", name="Value").fill("fast")
    builder.get_by_role("button", name="Add").click()
    expect(builder.get_by_role("alert")).to_contain_text("Write a number")
    builder.get_by_role("combobox", name="Comparison").click()
    page.get_by_role("option", name="is above").click()
    builder.get_by_role("textbox", name="Value").fill("1e-6")
    builder.get_by_role("button", name="Add").click()
    chips = page.get_by_role("list", name="Conditions")
    expect(chips).to_contain_text("learning_rate > 1e-6")
    total(page, 315)
    page.get_by_role("button", name="Column reward max").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Filter…").click()
    builder.get_by_role("combobox", name="Comparison").click()
    page.get_by_role("option", name="is at least").click()
    builder.get_by_role("textbox", name="Value").fill("0.5")
    builder.get_by_role("button", name="Add").click()
    expect(chips).to_contain_text("reward max ≥ 0.5")
    # a click sorts, shift adds to it
    table(page).get_by_role("button", name="Seed", exact=True).click()
    table(page).get_by_role("button", name="reward max", exact=True).click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("sort=seed,-metric.reward.max"))
    page.wait_for_function(IN_ORDER)
    chips.get_by_role("button", name=re.compile("^Remove learning_rate")).click()
    expect(chips).not_to_contain_text("learning_rate")


def test_groups_show_mean_and_spread_over_seeds_and_open(page: Page) -> None:
    page.goto("/?col=name,status,last_reward,metric.reward.max,seed")
    page.get_by_role("button", name="Group", exact=True).click()
    picker = page.get_by_role("dialog", name="Group by")
    picker.get_by_role("searchbox").fill("method")
    picker.get_by_text("Method (all but the seed)").click()
    page.keyboard.press("Escape")
    groups = table(page).get_by_role("button", expanded=False).filter(has_text="5 seeds")
    expect(groups.first).to_be_visible()
    expect(table(page).get_by_role("row").filter(has_text="5 seeds").nth(3)).to_contain_text("±")
    groups.first.click()
    expect(page).to_have_url(re.compile("group=method&open="))
    expect(table(page).get_by_role("checkbox", name=re.compile("^Select "))).to_have_count(6)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "run-table-groups.png")
    page.reload()
    expect(
        table(page).get_by_role("button", expanded=True).filter(has_text="5 seeds")
    ).to_be_visible()


def test_views_are_saved_shared_by_name_and_made_the_usual_one(page: Page) -> None:
    page.goto("/?where=seed=0&col=name,seed&sort=name")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save this view as…").click()
    dialog = page.get_by_role("dialog", name="Save this view")
    dialog.get_by_role("textbox", name="Name").fill("First seeds")
    dialog.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("button", name="First seeds")).to_be_visible()
    # by name alone, as somebody else would open it
    page.goto("/?view=First%20seeds")
    expect(page).to_have_url(re.compile("where=seed%3D0"))
    headings_are(page, "Name", "Seed")
    table(page).get_by_role("button", name="Seed", exact=True).click()
    page.get_by_role("button", name="First seeds (changed)").click()
    page.get_by_role("menuitem", name="Overwrite First seeds").click()
    page.get_by_role("button", name="First seeds", exact=True).click()
    page.get_by_role("menuitem", name="Make it my usual view").click()
    page.goto("/")
    expect(page).to_have_url(re.compile("sort=seed"))
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Forget my usual view").click()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="First seeds").click()
    page.get_by_role("button", name="First seeds", exact=True).click()
    page.get_by_role("menuitem", name="Delete First seeds…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete view").click()
    expect(page.get_by_role("button", name="Views")).to_be_visible()


def test_many_runs_are_tagged_exported_stopped_and_deleted(page: Page, tmp_path: Path) -> None:
    page.goto("/?sort=created_at")
    rows = page.locator("tr[data-row]")
    rows.nth(0).get_by_role("checkbox").click()
    rows.nth(4).get_by_role("checkbox").click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selected runs")
    expect(bar).to_contain_text("5 selected")
    bar.get_by_role("button", name="Tag").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Add tags, with commas between").fill("five, chosen")
    dialog.get_by_role("button", name="Change tags").click()
    expect(rows.nth(4)).to_contain_text("chosen")
    bar.get_by_role("button", name="Export").click()
    with page.expect_download() as downloaded:
        page.get_by_role("menuitem", name="CSV of the columns shown").click()
    path = tmp_path / "runs.csv"
    downloaded.value.save_as(path)
    lines = list(csv.DictReader(path.read_text().splitlines()))
    assert len(lines) == 5
    assert all("chosen" in line["tags"] and line["last_reward"] for line in lines)
    # everything that matches, also what was never read; what cannot be stopped is said beforehand
    page.goto("/?sort=created_at&status=queued&status=completed")
    table(page).get_by_role("checkbox", name=re.compile("Select all")).click()
    expect(bar).to_contain_text(re.compile("[34]\\d\\d selected"))
    bar.get_by_role("button", name="Stop").click()
    happens = dialog.get_by_role("list", name="What happens")
    expect(happens).to_contain_text("1 run will be stopped")
    expect(happens).to_contain_text("is completed: it cannot be stopped now")
    dialog.get_by_role("button", name="Stop 1 run").click()
    expect(dialog).to_be_hidden()
    bar.get_by_role("button", name="Clear the selection").click()
    page.goto("/?tag=five")
    total(page, 5)
    table(page).get_by_role("checkbox", name=re.compile("Select all")).click()
    bar.get_by_role("button", name="Delete").click()
    expect(happens).to_contain_text("5 runs will leave the lists")
    dialog.get_by_role("button", name="Delete 5 runs").click()
    expect(page.get_by_text("No run passes these filters")).to_be_visible()
    page.goto("/?deleted=true&tag=five")
    total(page, 5)


def test_names_and_tags_are_edited_in_place_and_others_see_it_live(
    page: Page, server: Server
) -> None:
    page.goto("/?sort=created_at&where=seed=1")
    first = page.locator("tr[data-row]").first
    name = first.get_by_role("link").first.inner_text()
    edit(first, f"Rename {name}")
    page.get_by_role("textbox", name=f"Rename {name}").fill("renamed here")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("renamed here")
    edit(first, "Tags of renamed here")
    page.get_by_role("textbox", name="Tags of renamed here").fill("one, two")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("two")
    with server.client() as client:
        [run] = client.runs(query="renamed here")
        assert run.tags == ["one", "two"]
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        client.update(run.id, name="renamed there")
        expect(first).to_contain_text("renamed there")
        # further down nothing moves by itself: a new run waits until it is asked for
        frame = page.get_by_role("region", name="Runs", exact=True)
        frame.evaluate("frame => frame.scrollTo(0, 800)")
        offset = frame.evaluate("frame => frame.scrollTop")
        expect(page.locator("tr[data-row]").first).not_to_have_attribute("aria-rowindex", "2")
        changed = page.get_by_role("button", name="The list has changed: show it")
        before = int(page.locator("h1 + span").inner_text())
        client.launch("demo-grpo", overrides={"seed": 1}, name="new")
        changed.click()
        total(page, before + 1)
        expect(changed).to_be_hidden()
        assert frame.evaluate("frame => frame.scrollTop") == offset
        # back at the top it shows without being asked
        client.launch("demo-grpo", overrides={"seed": 1}, name="newer")
        expect(changed).to_be_visible()
        frame.evaluate("frame => frame.scrollTo(0, 0)")
        total(page, before + 2)
        expect(changed).to_be_hidden()
