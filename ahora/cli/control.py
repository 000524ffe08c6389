"""stop, pause, resume, retry, priority: what changes where runs are."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.launching import Json, Timeout, Wait
from ahora.cli.runs import Some

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.schemas.runs import Run

Reason = Annotated[str, typer.Option(help="Why; kept in the run's history.")]


def stop(
    some: Some,
    reason: Reason = "",
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: Json = False,
) -> None:
    """Ask runs to stop; each keeps its last checkpoint. One that waits is cancelled."""
    with context.client() as api:
        stopped = [api.stop(run.id, reason) for run in context.find_runs(api, some)]
        if wait:
            stopped = [api.wait(run.id, timeout) for run in stopped]
    _tell(stopped, as_json)


def pause(some: Some, reason: Reason = "", as_json: Json = False) -> None:
    """Ask runs to save a checkpoint and free their devices; `ahora resume` lets them go on."""
    _each(some, lambda api, run_id: api.pause(run_id, reason), as_json)


def resume(some: Some, reason: Reason = "", as_json: Json = False) -> None:
    """Queue paused runs; each goes on from its newest checkpoint."""
    _each(some, lambda api, run_id: api.resume(run_id, reason), as_json)


def retry(
    some: Some,
    reason: Reason = "",
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin anew although there are checkpoints.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Queue runs that failed, were stopped or lost; each goes on from its newest checkpoint."""
    _each(some, lambda api, run_id: api.retry(run_id, reason, from_start=from_start), as_json)


def priority(
    some: Some,
    value: Annotated[int, typer.Option("--to", min=-100, max=100, help="Higher is claimed first.")],
    as_json: Json = False,
) -> None:
    """Change runs' place in the queue, now or for the next time they wait."""
    _each(some, lambda api, run_id: api.update(run_id, priority=value), as_json)


def _each(some: list[str], act: Callable[["Client", str], "Run"], as_json: bool) -> None:
    with context.client() as api:
        changed = [act(api, run.id) for run in context.find_runs(api, some)]
    _tell(changed, as_json)


def _tell(runs: list["Run"], as_json: bool) -> None:
    if as_json:
        output.print_json(runs if len(runs) > 1 else runs[0])
    for run in [] if as_json else runs:
        queued = f", priority {run.priority}" if run.status == "queued" and run.priority else ""
        output.say(f"{run.id}  {run.name}  {run.status}{queued}")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (stop, pause, resume, retry, priority):
        app.command()(command)
