"""alerts: what rules found on runs, and the rules themselves."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.launching import Json
from ahora.cli.runs import One

if TYPE_CHECKING:
    from ahora.schemas.rules import Alert

alerts = typer.Typer(help="What rules found on runs; acknowledge it; list and switch the rules.")

Project = Annotated[str | None, typer.Option(help="Only of this project.")]
Run = Annotated[str | None, typer.Option("--run", help="Only of this run.")]
Key = Annotated[str, typer.Argument(metavar="RULE", help="The rule's key.")]


@alerts.callback(invoke_without_command=True)
def list_(
    command: typer.Context,
    run: Run = None,
    project: Project = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are over or acknowledged.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List alerts, the newest first."""
    if command.invoked_subcommand is not None:
        return
    with context.client() as api:
        if run is not None:
            found = api.alerts(context.find_run(api, run).id)
            found = [each for each in found if everything or _open(each)]
        else:
            found = api.alerts(project=project, active=None if everything else True, limit=500)
    if as_json:
        output.print_json(found)
        return
    rows = [
        [
            each.run_name,
            each.rule,
            _state(each),
            str(each.step),
            each.sentence,
            output.ago(each.last_at),
        ]
        for each in found
    ]
    output.print_table(["run", "rule", "state", ">step", "what", "last"], rows, "No alerts.")


@alerts.command("ack")
def acknowledge(run: One, rule: Key, as_json: Json = False) -> None:
    """Say that you know of an alert: it no longer shows, nor pauses the run."""
    with context.client() as api:
        found = api.acknowledge(context.find_run(api, run).id, rule)
    if as_json:
        output.print_json(found)
    else:
        output.say(f"{found.run_name}  {found.name} acknowledged")


@alerts.command("rules")
def rules(run: Run = None, project: Project = None, as_json: Json = False) -> None:
    """List the rules of a project, or those that watch a run."""
    with context.client() as api:
        run_id = None if run is None else context.find_run(api, run).id
        found = api.rules(project=project, run_id=run_id)
    if as_json:
        output.print_json(found)
        return
    rows = [
        [
            each.key,
            "on" if each.enabled else "off",
            each.action,
            each.origin,
            each.words,
        ]
        for each in found
    ]
    output.print_table(["rule", "state", "does", "from", "when"], rows, "No rules.")


@alerts.command("set")
def change(
    rule: Key,
    run: Run = None,
    project: Project = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether it watches.")] = None,
    pause: Annotated[
        bool | None, typer.Option("--pause/--notify", help="Whether it also pauses the run.")
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A field of its condition; repeatable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a rule of a project or, with --run, of one run."""
    from ahora.schemas.rules import RuleEdit

    with context.client() as api:
        run_id = None if run is None else context.find_run(api, run).id
        held = {each.key: each for each in api.rules(project=project, run_id=run_id)}
        if rule not in held:
            raise CommandError(
                f"No rule is called {rule!r}. There are: {', '.join(held)}.", Exit.NOT_FOUND
            )
        fields: dict[str, Any] = held[rule].model_dump(include=set(RuleEdit.model_fields))
        if enabled is not None:
            fields["enabled"] = enabled
        if pause is not None:
            fields["action"] = "pause" if pause else "notify"
        for text in condition or []:
            name, equals, value = text.partition("=")
            if not equals:
                raise CommandError(f"--set wants FIELD=VALUE, not {text!r}.", Exit.USAGE)
            fields["condition"][name] = value
        found = api.write_rule(rule, project=project, run_id=run_id, **fields)
    if as_json:
        output.print_json(found)
    else:
        output.say(
            f"{found.key}  {'on' if found.enabled else 'off'}, {found.action}: {found.words}"
        )


def _open(alert: "Alert") -> bool:
    return alert.active and alert.acknowledged_at is None


def _state(alert: "Alert") -> str:
    if not alert.active:
        return "over"
    return "active" if alert.acknowledged_at is None else "known"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(alerts, name="alerts")
