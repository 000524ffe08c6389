"""presets, launch, clone: what makes runs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.schemas.runs import Run, RunSummary

Set = Annotated[
    list[str],
    typer.Option("--set", metavar="FIELD=VALUE", help="Change a field; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, for scripts.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the runs to their end.")]
Timeout = Annotated[
    float | None,
    typer.Option(min=0.0, metavar="SECONDS", help="Stop waiting after so long; the runs go on."),
]


def presets(
    name: Annotated[str | None, typer.Argument(help="Print this one as YAML.")] = None,
    as_json: Json = False,
) -> None:
    """List the shipped configurations, or print one to start a file from."""
    with context.client() as api:
        found = api.presets() if name is None else [api.preset(name)]
    if as_json:
        output.print_json(found if name is None else found[0])
        return
    if name is not None:
        import yaml

        output.say(yaml.safe_dump(found[0].config.resolved(), sort_keys=False).rstrip())
        return
    rows = [
        [preset.name, "GPU" if preset.requires_gpu else "any machine", preset.title]
        for preset in found
    ]
    output.print_table(["preset", "needs", "what it is"], rows, "The server has no presets.")


def launch(
    source: Annotated[
        str, typer.Argument(metavar="PRESET|FILE", help="A preset's name, or a YAML or JSON file.")
    ],
    set_: Set = [],
    seeds: Annotated[
        str | None, typer.Option(metavar="0,1,2", help="One run for each; 0-4 is a range.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name; empty gets a readable one.")] = None,
    tag: Annotated[list[str], typer.Option(help="Tag; may be repeated.")] = [],
    project: Annotated[str, typer.Option(help="Project the runs belong to.")] = "default",
    notes: Annotated[str, typer.Option(help="Free text.")] = "",
    priority: Annotated[int, typer.Option(min=-100, max=100, help="Higher is claimed first.")] = 0,
    wait: Wait = False,
    timeout: Timeout = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check, and print the whole configuration.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Launch a run, or one for each seed."""
    overrides = context.parse_overrides(set_)
    chosen = context.seeds_option(seeds)
    with context.client() as api:
        if dry_run:
            _dry_run(api, source, overrides, as_json)
            return
        about: dict[str, Any] = {
            "project": project,
            "tags": tag,
            "notes": notes,
            "priority": priority,
        }
        runs = (
            [api.launch(source, overrides=overrides, name=name, **about)]
            if chosen is None
            else api.launch(source, overrides=overrides, name=name, seeds=chosen, **about)
        )
        _launched(api, runs, wait, timeout, as_json)


def _dry_run(api: "Client", source: str, overrides: dict[str, object], as_json: bool) -> None:
    checked = api.validate(source, overrides)
    if as_json:
        output.print_json(checked)
        return
    import yaml

    output.say(yaml.safe_dump(checked.config, sort_keys=False).rstrip())
    output.note(f"It would wait: {checked.waits_for}" if checked.waits_for else "It is valid.")


def clone(
    run: Annotated[str, typer.Argument(help="Id, beginning of an id, or name.")],
    set_: Set = [],
    name: Annotated[str | None, typer.Option(help="Name of the new run.")] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            metavar="STEP|ID|newest", help="Begin with the weights of this checkpoint, at step 0."
        ),
    ] = None,
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: Json = False,
) -> None:
    """Launch a new run from an old one's configuration, with changes."""
    overrides = context.parse_overrides(set_)
    with context.client() as api:
        original = context.find_run(api, run)
        if checkpoint is None:
            made = api.clone(original.id, overrides=overrides, name=name)
        else:
            begin = _find_checkpoint(api, original, checkpoint)
            made = api.launch_from(begin, overrides=overrides, name=name)
        _launched(api, [made], wait, timeout, as_json)


def _find_checkpoint(api: "Client", run: "RunSummary", reference: str) -> str:
    """Id of the run's checkpoint that has this id or step, or is the newest."""
    found = api.checkpoints(run.id)
    for each in found:  # newest first
        if reference in ("newest", each.id, str(each.step)):
            return each.id
    steps = ", ".join(str(each.step) for each in found) or "none"
    raise CommandError(
        f"{run.name} has no checkpoint {reference!r}; it has those of the steps: {steps}.",
        Exit.NOT_FOUND,
    )


def _launched(
    api: "Client", runs: list["Run"], wait: bool, timeout: float | None, as_json: bool
) -> None:
    """Say what was launched; with `wait` follow it, and end with whether all completed."""
    if not wait:
        if as_json:
            output.print_json(runs if len(runs) > 1 else runs[0])
        for run in [] if as_json else runs:
            output.say(f"{run.id}  {run.name}  {api.url}/runs/{run.id}")
        return
    from ahora.cli.follow import follow_or_leave

    if as_json:
        ended = [api.wait(run.id, timeout) for run in runs]
        output.print_json(ended if len(ended) > 1 else ended[0])
    else:
        ended = follow_or_leave(api, runs, timeout=timeout)
        report(ended)
    raise typer.Exit(verdict(ended))


def report(runs: list["Run"]) -> None:
    """A table of runs that ended."""
    rows = [
        [
            run.id,
            run.name,
            str(run.status),
            f"{run.step}/{run.max_steps}",
            output.number(run.last_reward),
            output.number(run.last_pass_at_1),
            output.duration(output.took(run.started_at, run.finished_at)),
            run.status_reason,
        ]
        for run in runs
    ]
    columns = ["id", "name", "status", ">steps", ">reward", ">Pass@1", ">time", "why"]
    output.print_table(columns, rows, "")


def verdict(runs: list["Run"]) -> Exit:
    """OK only if every run completed."""
    from ahora.status import RunStatus

    return Exit.OK if all(run.status == RunStatus.COMPLETED for run in runs) else Exit.FAILED


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(presets)
    app.command()(launch)
    app.command()(clone)
