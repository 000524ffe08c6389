"""experiment: launch, list, show, watch and stop many runs as one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.launching import Json, Set

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.schemas.experiments import (
        CellRun,
        Experiment,
        ExperimentAnswer,
        ExperimentPreview,
        ExperimentSummary,
    )

experiment = typer.Typer(
    no_args_is_help=True, help="A base configuration x a grid x seeds, launched and watched as one."
)

One = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Id, beginning of an id, or name.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the runs' histories.")]


@experiment.command("launch")
def launch(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|PRESET", help="An experiment's YAML file, or a preset for --grid."
        ),
    ],
    grid: Annotated[
        list[str],
        typer.Option(metavar="FIELD=A,B", help="Values of a field, as JSON or text; repeatable."),
    ] = [],
    seeds: Annotated[str | None, typer.Option(metavar="0-4", help="One run for each.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the experiment.")] = None,
    set_: Set = [],
    project: Annotated[str | None, typer.Option(help="Project the runs belong to.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the runs it would make.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Launch an experiment; --dry-run shows its runs and the device time they should take."""
    with context.client() as api:
        fields = _fields(api, source, grid, seeds, set_)
        about = {key: fields.pop(key) for key in _ABOUT if key in fields}
        about |= {"project": project} if project else {}
        title = name or fields.pop("name", None)
        fields.pop("name", None)
        if dry_run:
            _show_preview(api.preview_experiment(**fields), as_json)
            return
        if not title:
            raise CommandError("Give the experiment a name: --name NAME.", Exit.USAGE)
        made = api.launch_experiment(name=title, **fields, **about)
        if as_json:
            output.print_json(made)
        else:
            runs = made.summary.runs
            output.say(f"{made.summary.id}  {title}  {runs} runs  {_link(api, made)}")


_ABOUT = ("project", "tags", "notes", "priority")


def _fields(
    api: "Client", source: str, grid: list[str], seeds: str | None, set_: list[str]
) -> dict[str, Any]:
    from ahora.client.sources import is_file, read_mapping

    is_experiment = is_file(source) and {"grid", "seeds"} & set(read_mapping(Path(source)))
    fields: dict[str, Any] = api.read_experiment(source) if is_experiment else {"source": source}
    fields["grid"] = {**(fields.get("grid") or {}), **_grid(grid)}
    chosen = context.seeds_option(seeds)
    if chosen is not None:
        fields["seeds"] = chosen
    fields["overrides"] = {**(fields.get("overrides") or {}), **context.parse_overrides(set_)}
    return fields


def _grid(pairs: list[str]) -> dict[str, list[Any]]:
    import json

    found: dict[str, list[Any]] = {}
    for pair in pairs:
        field, separator, text = pair.partition("=")
        if not separator or not field.strip() or not text.strip():
            raise CommandError(
                f"--grid {pair!r}: write FIELD=A,B, such as --grid algorithm.alpha=0.5,2",
                Exit.USAGE,
            )
        values: list[Any] = []
        for part in text.split(","):
            try:
                values.append(json.loads(part))
            except json.JSONDecodeError:
                values.append(part.strip())
        found[field.strip()] = values
    return found


def _show_preview(found: "ExperimentPreview", as_json: bool) -> None:
    if as_json:
        output.print_json(found)
    else:
        rows = [
            [
                str(cell.index),
                cell.label,
                "-" if cell.max_steps is None else str(cell.max_steps),
                "-" if cell.estimate is None else f"{cell.estimate.hours:.2g} h",
                "; ".join(f"{each.path}: {each.message}. {each.remedy}" for each in cell.problems),
            ]
            for cell in found.cells
        ]
        output.print_table([">", "configuration", ">steps", ">device time", "problem"], rows, "")
        for each in found.problems:
            output.say(f"{each.path} {each.message}. {each.remedy}")
        _say_totals(found)
    if found.problems or any(cell.problems for cell in found.cells):
        raise typer.Exit(Exit.USAGE)


def _say_totals(found: "ExperimentPreview") -> None:
    output.say(f"{len(found.cells)} configurations x {len(found.seeds)} seeds = {found.runs} runs")
    for each in found.collapsed:
        values = ", ".join(f"{field} {value}" for field, value in each.values.items())
        output.say(f"left out: {values}: as {found.cells[each.into].label}, {each.reason}")
    for device, hours in found.device_hours.items():
        output.say(
            f"about {hours.hours:.2g} {device} hours ({hours.low:.2g} to {hours.high:.2g}), from "
            f"{hours.based_on} measured runs of the {hours.alike}"
        )
    if found.unmeasured:
        output.say(f"{found.unmeasured} configurations have no measured run to estimate from")


@experiment.command("list")
def list_(
    search: Annotated[str | None, typer.Argument(help="Words in name, id, notes.")] = None,
    project: Annotated[str | None, typer.Option(help="Only of this project.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="The deleted ones.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 shows all.")] = 50,
    as_json: Json = False,
) -> None:
    """List experiments, the newest first."""
    with context.client() as api:
        found = list(
            api.experiments(project=project, query=search, deleted=deleted, limit=limit or None)
        )
    if as_json:
        output.print_json(found)
        return
    rows = [
        [
            each.id,
            each.name,
            str(each.runs),
            _states(each),
            f"{each.steps / each.max_steps:.0%}" if each.max_steps else "-",
            output.ago(each.created_at),
        ]
        for each in found
    ]
    columns = ["id", "name", ">runs", "states", ">steps done", "created"]
    output.print_table(columns, rows, "No experiments: ahora experiment launch")


def _states(each: "ExperimentSummary") -> str:
    return ", ".join(f"{count} {status}" for status, count in each.statuses.items())


@experiment.command("show")
def show(one: One, as_json: Json = False) -> None:
    """Show an experiment: each configuration with its seeds."""
    with context.client() as api:
        found = api.experiment(_find(api, one))
        link = _link(api, found)
    if as_json:
        output.print_json(found)
        return
    head = found.summary
    output.say(f"{head.id}  {head.name}  {_states(head)}  {link}")
    rows = [
        [cell.label, str(run.seed), *_cells_of(run), run.run_id]
        for cell in found.cells
        for run in cell.runs
        if not run.deleted
    ]
    columns = ["configuration", ">seed", "status", ">step", ">reward", ">Pass@1", "run"]
    output.print_table(columns, rows, "All of its runs are deleted.")


def _cells_of(run: "CellRun") -> list[str]:
    return [
        output.status_text(run.status, run.phase),
        f"{run.step}/{run.max_steps}",
        output.number(run.last_reward),
        output.number(run.last_pass_at_1),
    ]


@experiment.command("watch")
def watch(
    one: One,
    timeout: Annotated[float | None, typer.Option(min=0.0, help="Seconds to wait.")] = None,
    as_json: Json = False,
) -> None:
    """Follow all of its runs to their end. Ends with 0 only if all completed."""
    from ahora.cli.follow import follow_or_leave
    from ahora.cli.launching import report, verdict

    with context.client() as api:
        found = api.experiment(_find(api, one))
        runs = [api.get(run.run_id) for cell in found.cells for run in cell.runs if not run.deleted]
        ended = follow_or_leave(api, runs, timeout=timeout, as_json=as_json)
    if not as_json:
        report(ended)
    raise typer.Exit(verdict(ended))


@experiment.command("stop")
def stop(one: One, reason: Reason = "", as_json: Json = False) -> None:
    """Stop all of its runs; each keeps its last checkpoint."""
    _act(one, "stop", reason, as_json)


@experiment.command("pause")
def pause(one: One, reason: Reason = "", as_json: Json = False) -> None:
    """Pause all of its runs."""
    _act(one, "pause", reason, as_json)


@experiment.command("resume")
def resume(one: One, reason: Reason = "", as_json: Json = False) -> None:
    """Queue its paused runs; each goes on from its newest checkpoint."""
    _act(one, "resume", reason, as_json)


@experiment.command("retry")
def retry(one: One, reason: Reason = "", as_json: Json = False) -> None:
    """Queue its runs that failed, were stopped or lost."""
    _act(one, "retry", reason, as_json)


@experiment.command("delete")
def delete(one: One, as_json: Json = False) -> None:
    """Hide the experiment and its runs; `ahora experiment restore` brings them back."""
    with context.client() as api:
        _tell(api.delete_experiment(_find(api, one)), as_json)


@experiment.command("restore")
def restore(one: One, as_json: Json = False) -> None:
    """Bring a deleted experiment and its runs back."""
    with context.client() as api:
        _tell(api.act_on_experiment(_find(api, one, deleted=True), "restore"), as_json)


def _act(one: str, action: str, reason: str, as_json: bool) -> None:
    with context.client() as api:
        _tell(api.act_on_experiment(_find(api, one), action, reason), as_json)


def _tell(answer: "ExperimentAnswer", as_json: bool) -> None:
    if as_json:
        output.print_json(answer)
    else:
        rows = [[run.run_id, run.name, str(run.status), run.problem] for run in answer.runs]
        output.print_table(["id", "name", "status", "why not"], rows, "Nothing was to be done.")
    if answer.done < len(answer.runs):
        raise typer.Exit(Exit.FAILED)


def _find(api: "Client", reference: str, *, deleted: bool = False) -> str:
    """Id of the experiment whose id is or begins with `reference`, or whose name is exactly that."""
    found = [
        each
        for each in api.experiments(query=reference, deleted=deleted)
        if each.id.startswith(reference) or each.name == reference
    ]
    exact = [each for each in found if each.id == reference]
    if len(exact or found) == 1:
        return (exact or found)[0].id
    if not found:
        raise CommandError(
            f"No experiment has the id, the beginning of an id, or the name {reference!r}: "
            "`ahora experiment list` shows them.",
            Exit.NOT_FOUND,
        )
    listed = "\n".join(f"  {each.id}  {each.name}" for each in found[:10])
    raise CommandError(f"{reference!r} fits several experiments; use an id:\n{listed}", Exit.USAGE)


def _link(api: "Client", found: "Experiment") -> str:
    return f"{api.url}/experiments/{found.summary.id}"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(experiment, name="experiment")
