"""Options every command shares, and the client they lead to."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ahora.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.home import Home
    from ahora.schemas.runs import RunSummary


@dataclass
class Globals:
    """`--url` and `--home`, given before the command."""

    url: str | None = None
    home: Path | None = None


GLOBALS = Globals()

MOST_SEEDS = 1000
"""Runs one command launches at most."""


def find_home() -> "Home":
    """The AHORA_HOME in use."""
    from ahora.home import Home

    return Home.find(GLOBALS.home)


def client() -> "Client":
    """A client of the server in use. It gives up sooner than a program's: a person waits."""
    from ahora.client import Client

    return Client(GLOBALS.url, home=GLOBALS.home, retries=2)


def find_run(api: "Client", reference: str, *, deleted: bool = False) -> "RunSummary":
    """The run whose id is or begins with `reference`, or whose name is exactly that.

    Raises:
        CommandError: there is none, or several, which are listed.
    """
    found = [
        run
        for run in api.runs(query=reference, deleted=deleted)
        if run.id.startswith(reference) or run.name == reference
    ]
    exact = [run for run in found if run.id == reference]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found and not deleted and (job := _job(api, reference)) is not None:
        return job
    if not found:
        kind = "deleted run" if deleted else "run"
        raise CommandError(
            f"No {kind} has the id, the beginning of an id, or the name {reference!r}: "
            f"`ahora runs{' --deleted' if deleted else ''}` lists them.",
            Exit.NOT_FOUND,
        )
    listed = "\n".join(f"  {run.id}  {run.name}" for run in found[:10])
    raise CommandError(f"{reference!r} fits several runs; use an id:\n{listed}", Exit.USAGE)


def _job(api: "Client", reference: str) -> "RunSummary | None":
    """The job on a checkpoint with this id: such runs are in no list."""
    from ahora.client import NotFoundError

    try:
        found = api.get(reference)
    except NotFoundError:
        return None
    return None if found.kind == "train" else found


def find_runs(api: "Client", references: Iterable[str]) -> list["RunSummary"]:
    """`find_run` of each, each run once."""
    return list({run.id: run for run in (find_run(api, each) for each in references)}.values())


def parse_overrides(pairs: Iterable[str]) -> dict[str, Any]:
    """`a.b=VALUE` as a dictionary. VALUE is JSON (0.5, true, null, ["a"]), else text as it stands."""
    import json

    overrides: dict[str, Any] = {}
    for pair in pairs:
        path, separator, value = pair.partition("=")
        if not separator or not path.strip():
            raise CommandError(
                f"--set {pair!r}: write FIELD=VALUE, such as --set algorithm.alpha=0.5", Exit.USAGE
            )
        try:
            overrides[path.strip()] = json.loads(value)
        except json.JSONDecodeError:
            overrides[path.strip()] = value
    return overrides


def seeds_option(text: str | None) -> list[int] | None:
    """`0,1,5-8` as a list of numbers; None stays None."""
    if text is None:
        return None
    from ahora.seeds import parse_seeds

    try:
        return parse_seeds(text, MOST_SEEDS)
    except ValueError as error:
        raise CommandError(f"--seeds {text!r}: {error}", Exit.USAGE) from None
