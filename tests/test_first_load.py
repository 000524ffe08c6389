"""How much script a first visit loads, by the page it begins on, as the dashboard was built."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FRONTEND = Path(__file__).parents[1] / "frontend"
DIST = FRONTEND / "dist"
LIMIT = 250_000
"""Bytes after gzip, of what a page waits for; what it loads later (tabs, dialogs, plots) is not in it."""

PAGES = re.findall(r'import\("@/(features/[^"]+)"\)', (FRONTEND / "src/app/router.tsx").read_text())


def chunks(manifest: dict[str, Any], name: str, seen: set[str]) -> Iterator[str]:
    """The files of a chunk and of all it cannot start without."""
    if name in seen:
        return
    seen.add(name)
    yield manifest[name]["file"]
    for other in manifest[name].get("imports", []):
        yield from chunks(manifest, other, seen)


@pytest.mark.parametrize("page", PAGES)
def test_a_first_visit_loads_little_script(page: str) -> None:
    listed = DIST / ".vite" / "manifest.json"
    assert listed.exists(), "the dashboard is not built: make setup"
    manifest = json.loads(listed.read_text())
    seen: set[str] = set()
    files = {*chunks(manifest, "index.html", seen), *chunks(manifest, f"src/{page}.tsx", seen)}
    size = sum(len(gzip.compress((DIST / file).read_bytes(), mtime=0)) for file in files)
    assert size < LIMIT, f"{page} loads {size} bytes: load some of it later"


def test_every_page_is_counted() -> None:
    assert len(PAGES) >= 7
