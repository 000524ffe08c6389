"""projects: what is kept of their runs, and how much disk these hold."""

from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.launching import Json

if TYPE_CHECKING:
    from ahora.schemas.projects import DiskUsage, ProjectDetail

projects = typer.Typer(help="List projects; say what is kept of their runs.")

Name = Annotated[str, typer.Argument(metavar="PROJECT", help="Its name.")]


@projects.callback(invoke_without_command=True)
def list_(command: typer.Context, as_json: Json = False) -> None:
    """List projects and how much disk their runs hold."""
    if command.invoked_subcommand is not None:
        return
    with context.client() as api:
        found = [api.project(each.name) for each in api.projects()]
    if as_json:
        output.print_json(found)
        return
    rows = [
        [each.name, str(each.runs), *map(output.size, _parts(each.usage)), _kept(each)]
        for each in found
    ]
    columns = ["project", ">runs", ">checkpoints", ">rollouts", ">metrics", "keeps"]
    output.print_table(columns, rows, "No projects.")


@projects.command("keep")
def keep(
    name: Name,
    checkpoints: Annotated[
        str | None,
        typer.Option(metavar="NUMBER|all", help="Newest checkpoints kept of each run that ended."),
    ] = None,
    checkpoint_days: Annotated[
        str | None,
        typer.Option(metavar="DAYS|all", help="How long checkpoints are kept after a run's end."),
    ] = None,
    rollout_days: Annotated[
        str | None,
        typer.Option(metavar="DAYS|all", help="How long rollouts are kept after a run's end."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is kept of a project's runs once they have ended. What is deleted does not come back."""
    from ahora.client.base import make_body
    from ahora.schemas.projects import Retention

    given = {
        "keep_checkpoints": checkpoints,
        "checkpoint_days": checkpoint_days,
        "rollout_days": rollout_days,
    }
    changes = {
        field: None if text == "all" else text for field, text in given.items() if text is not None
    }
    with context.client() as api:
        found = api.project(name)
        if changes:
            fields = found.retention.model_dump() | changes
            found = api.set_retention(name, make_body(Retention, "It cannot keep that:", **fields))
    if as_json:
        output.print_json(found)
    else:
        output.say(f"{found.name}  keeps {_kept(found)}")


def _parts(usage: "DiskUsage") -> tuple[int, int, int]:
    return usage.checkpoints, usage.rollouts, usage.metrics


def _kept(project: "ProjectDetail") -> str:
    limits = project.retention
    parts = []
    if limits.keep_checkpoints is not None:
        parts.append(f"{limits.keep_checkpoints} checkpoints a run and the best one")
    if limits.checkpoint_days is not None:
        parts.append(f"checkpoints for {limits.checkpoint_days} days")
    if limits.rollout_days is not None:
        parts.append(f"rollouts for {limits.rollout_days} days")
    return ", ".join(parts) or "everything"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(projects, name="projects")
