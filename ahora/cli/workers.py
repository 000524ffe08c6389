"""workers and queue: who trains, what waits, and taking a machine out of service."""

from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.launching import Json

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.schemas.workers import Worker

workers = typer.Typer(help="List workers; drain one before its machine is updated or switched off.")

Which = Annotated[str, typer.Argument(metavar="NAME", help="Its name, or the beginning of its id.")]


@workers.callback(invoke_without_command=True)
def list_(command: typer.Context, as_json: Json = False) -> None:
    """List workers and what they run."""
    if command.invoked_subcommand is not None:
        return
    with context.client() as api:
        found = api.workers()
    if as_json:
        output.print_json(found)
        return
    rows = [
        [
            each.name,
            _state(each),
            each.host,
            ", ".join(each.queues),
            f"{len(each.running)}/{each.slots}",
            ", ".join(dict.fromkeys(device.name for device in each.devices)),
            _use(each),
            ", ".join(each.labels),
            ", ".join(run.name for run in each.running),
            output.ago(each.last_seen_at),
        ]
        for each in found
    ]
    columns = ["worker", "status", "host", "queues", ">busy", "devices", "use", "labels", "runs"]
    output.print_table([*columns, "seen"], rows, "No worker has ever been here: ahora worker")


def _state(worker: "Worker") -> str:
    if not worker.draining:
        return worker.status
    return f"{worker.status}, {'draining' if worker.running else 'drained'}"


def _use(worker: "Worker") -> str:
    use = worker.use
    if use is None:
        return ""
    parts = [f"CPU {use.cpu:.0f}%"]
    busy = [device.utilization for device in use.devices if device.utilization is not None]
    parts += [f"GPU {value:.0f}%" for value in busy]
    parts += [f"slot {device.slot} takes no runs" for device in use.devices if device.trouble]
    return ", ".join(parts)


@workers.command("drain")
def drain(
    name: Which,
    pause: Annotated[
        bool, typer.Option("--pause", help="Pause its runs instead of finishing them.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Shown beside it.")] = "",
    as_json: Json = False,
) -> None:
    """Let a worker take no more runs, also after a restart of it; it finishes those it has."""
    with context.client() as api:
        found = [api.drain_worker(each.id, reason, pause=pause) for each in _find(api, name)]
    if as_json:
        output.print_json(found)
        return
    for worker in found:
        count = len(worker.running)
        what = f"{count} {'run' if count == 1 else 'runs'} to {'pause' if pause else 'finish'}"
        output.say(f"{worker.name}  draining, {what if count else 'it runs nothing'}")


@workers.command("resume")
def resume(name: Which, as_json: Json = False) -> None:
    """Let a drained worker take runs again."""
    with context.client() as api:
        found = [api.undrain_worker(each.id) for each in _find(api, name)]
    if as_json:
        output.print_json(found)
        return
    for worker in found:
        output.say(f"{worker.name}  takes runs")


def _find(api: "Client", name: str) -> list["Worker"]:
    """The workers called `name` that are online, else the one that left last.

    Raises:
        CommandError: there is none.
    """
    known = api.workers()
    named = [each for each in known if each.name == name or each.id.startswith(name)]
    if not named:
        names = ", ".join(dict.fromkeys(each.name for each in known)) or "none"
        raise CommandError(f"No worker is called {name!r}. There are: {names}.", Exit.NOT_FOUND)
    online = [each for each in named if each.status == "online"]
    return online or [max(named, key=lambda each: each.started_at)]


def queue(as_json: Json = False) -> None:
    """Show how many runs wait and how many slots there are."""
    with context.client() as api:
        found = api.queue()
    if as_json:
        output.print_json(found)
        return
    rows = [
        [each.name, *map(str, (each.queued, each.active, each.slots, each.idle_slots))]
        for each in found
    ]
    output.print_table(["queue", ">waiting", ">running", ">slots", ">idle"], rows, "No queues.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(workers, name="workers")
    app.command()(queue)
