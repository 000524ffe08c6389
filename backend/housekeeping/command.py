"""`python -m backend housekeeping`: lists files that nothing needs, and deletes them when told to."""

import sys
from collections.abc import Sequence

from backend.checkpoints.store import Store
from backend.db import Database
from backend.housekeeping import orphans
from backend.housekeeping.orphans import Orphan
from backend.settings import Settings


def run(db: Database, settings: Settings, *, delete: bool, foreign: bool) -> None:
    """Print what is found, delete it with `delete` (what is foreign only with `foreign` as well)."""
    store = Store(settings.artifacts)
    found = orphans.find(db, store)
    mine = [orphan for orphan in found if orphan.kind == "unreferenced"]
    others = [orphan for orphan in found if orphan.kind == "foreign"]
    _list(f"No checkpoint refers to these folders of {settings.artifacts}:", mine)
    _list("These belong to runs that this database does not know:", others)
    if not found:
        _say(f"Nothing in {settings.artifacts} is without use.")
        return
    doomed = mine + (others if foreign else [])
    if not delete:
        _say("Nothing was deleted. --delete deletes the first list, --delete --foreign both.")
    else:
        freed = orphans.remove(store, doomed)
        _say(f"Deleted {len(doomed)} folders, {_size(freed)}.")
        if others and not foreign:
            _say("The second list was left alone: it may be another installation's (--foreign).")


def _list(title: str, found: Sequence[Orphan]) -> None:
    if found:
        _say(title)
        for orphan in found:
            _say(f"  {_size(orphan.size):>10}  {orphan.path}")
        _say(f"  {_size(sum(orphan.size for orphan in found)):>10}  in {len(found)} folders")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
