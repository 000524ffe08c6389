"""runs, show, watch, delete, restore: what is done with runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.launching import Json, Timeout, report, verdict

if TYPE_CHECKING:
    from ahora.schemas.monitoring import MetricSummary
    from ahora.schemas.runs import Run, RunSummary, StatusChange

WIDE_ENOUGH = 110
"""Columns of a terminal that has room for all there is to say about a run."""

One = Annotated[
    str, typer.Argument(metavar="RUN", help="Id, beginning of an id, or name.", show_default=False)
]
Some = Annotated[
    list[str],
    typer.Argument(metavar="RUN...", help="Ids, beginnings of ids, or names.", show_default=False),
]


def runs(
    search: Annotated[str | None, typer.Argument(help="Words in name, id, tags ...")] = None,
    project: Annotated[str | None, typer.Option(help="Only of this project.")] = None,
    status: Annotated[list[str], typer.Option(help="Only in this state; may be repeated.")] = [],
    tag: Annotated[
        list[str], typer.Option(help="Only with this tag; repeated: with all of them.")
    ] = [],
    algorithm: Annotated[str | None, typer.Option(help="grpo, ah_grpo or sa_ah_grpo.")] = None,
    model: Annotated[str | None, typer.Option(help="Only of this model.")] = None,
    where: Annotated[
        list[str],
        typer.Option(help="A condition, such as 'metric.reward.max>=0.8'; may be repeated."),
    ] = [],
    sort: Annotated[
        str,
        typer.Option(
            help="Columns with commas between, - for descending: created_at, metric.reward.max ..."
        ),
    ] = "-created_at",
    deleted: Annotated[bool, typer.Option("--deleted", help="The deleted runs.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 shows all.")] = 50,
    as_json: Json = False,
) -> None:
    """List runs, the newest first."""
    from ahora.status import RunStatus

    unknown = [each for each in status if each not in list(RunStatus)]
    if unknown:
        raise CommandError(
            f"--status {unknown[0]!r}: choose one of {', '.join(RunStatus)}", Exit.USAGE
        )
    with context.client() as api:
        found = list(
            api.runs(
                project=project,
                status=status,
                tags=tag,
                algorithm=algorithm,
                model=model,
                query=search,
                where=where,
                sort=sort,
                deleted=deleted,
                limit=limit or None,
            )
        )
    if as_json:
        output.print_json(found)
        return
    columns = ["id", "name", "status", ">step", ">reward", ">Pass@1", "created", "tags"]
    wide = output.console().width >= WIDE_ENOUGH
    columns += ["algorithm", "model", ">seed"] if wide else []
    empty = (
        "No runs match."
        if search or status or tag or project or where
        else "No runs yet: ahora launch"
    )
    output.print_table(columns, (_row(run)[: len(columns)] for run in found), empty)
    if limit and len(found) == limit:
        output.note(f"The first {limit}; --limit 0 shows all.")


def _row(run: "RunSummary") -> list[str]:
    alpha = f" {run.alpha:g}" if run.alpha else ""
    return [
        run.id,
        run.name,
        output.status_text(run.status, run.phase),
        f"{run.step}/{run.max_steps}",
        output.number(run.last_reward),
        output.number(run.last_pass_at_1),
        output.ago(run.created_at),
        ", ".join(run.tags),
        f"{run.algorithm}{alpha}",
        run.model,
        str(run.seed),
    ]


def show(run: One, as_json: Json = False) -> None:
    """Show a run: state, results, attempts and history."""
    with context.client() as api:
        full = api.get(context.find_run(api, run).id)
        timeline, summaries = api.timeline(full.id), api.summaries(full.id)
    if as_json:
        shown = {"run": full, "timeline": timeline, "metrics": summaries}
        output.print_json(shown)
        return
    _describe(full)
    _results(summaries)
    _history(timeline)


def _describe(run: "Run") -> None:
    algorithm = f"{run.algorithm}, alpha {run.alpha:g}" if run.alpha else run.algorithm
    worker = run.attempts[-1] if run.attempts else None
    facts = {
        "run": f"{run.name} ({run.id})",
        "status": f"{run.status}{f': {run.status_reason}' if run.status_reason else ''}",
        "waits for": run.waits_for or "",
        "doing": f"{run.phase} {run.phase_message}".strip(),
        "step": f"{run.step} of {run.max_steps}",
        "time left": "" if run.eta_seconds is None else output.duration(run.eta_seconds),
        "algorithm": algorithm,
        "model, data": f"{run.model}, {run.data}",
        "seed": str(run.seed),
        "project": run.project,
        "tags": ", ".join(run.tags),
        "notes": run.notes,
        "preset": run.preset or "",
        "worker": f"{worker.worker} ({worker.device}), attempt {worker.number}" if worker else "",
        "launched": f"{output.ago(run.created_at)} by {run.created_by}",
        "queued for": output.duration(run.timing.queue_seconds),
        "ran for": output.duration(run.timing.run_seconds),
        "device hours": ", ".join(
            f"{hours:.2f} {kind}" for kind, hours in run.timing.device_hours.items()
        ),
    }
    for name, value in facts.items():
        if value and value != "-":
            output.say(f"{name:>12}  {value}")


def _results(summaries: list["MetricSummary"]) -> None:
    from ahora.metrics import describe

    rows = [
        [each.key, *map(output.number, (each.last, each.min, each.max, each.mean)), str(each.count)]
        for each in summaries
        if describe(each.key).headline
    ]
    if rows:
        output.say("")
        output.print_table(["metric", ">last", ">min", ">max", ">mean", ">points"], rows, "")


def _history(timeline: list["StatusChange"]) -> None:
    output.say("")
    for change in timeline:
        when = change.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        reason = f": {change.reason}" if change.reason else ""
        output.say(f"{when}  {change.to_status} by {change.actor_name or change.actor}{reason}")


def watch(some: Some, timeout: Timeout = None, as_json: Json = False) -> None:
    """Follow runs to their end. Ends with 0 only if all completed; Ctrl-C leaves them running."""
    from ahora.cli.follow import follow_or_leave

    with context.client() as api:
        ended = follow_or_leave(api, context.find_runs(api, some), timeout=timeout, as_json=as_json)
    if not as_json:
        report(ended)
    raise typer.Exit(verdict(ended))


def delete(some: Some) -> None:
    """Hide runs from the lists; `ahora restore` brings them back."""
    with context.client() as api:
        for run in context.find_runs(api, some):
            api.delete(run.id)
            output.say(f"{run.id}  {run.name}  deleted (ahora restore {run.id} brings it back)")


def restore(some: Some) -> None:
    """Bring deleted runs back."""
    with context.client() as api:
        for run in [context.find_run(api, each, deleted=True) for each in some]:
            api.restore(run.id)
            output.say(f"{run.id}  {run.name}  restored")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (runs, show, watch, delete, restore):
        app.command()(command)
