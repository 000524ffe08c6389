"""metrics, logs, compare, checkpoints, download, export: what runs report."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.jobs import Limit, Step, export_model
from ahora.cli.launching import Json
from ahora.cli.runs import One, Some

if TYPE_CHECKING:
    from ahora.schemas.comparing import Comparison, Estimate
    from ahora.schemas.monitoring import Series


class Format(StrEnum):
    """A format of an export."""

    JSON = "json"
    CSV = "csv"


def metrics(
    some: Some,
    key: Annotated[
        list[str], typer.Option(help="A metric's values by step; may be repeated.")
    ] = [],
    max_points: Annotated[int, typer.Option(min=2, help="Downsample to about so many.")] = 1000,
    as_json: Json = False,
) -> None:
    """Show all metrics in short, or with --key their values step by step."""
    with context.client() as api:
        runs = context.find_runs(api, some)
        if key:
            series = api.metrics([run.id for run in runs], key, max_points=max_points)
            if as_json:
                output.print_json(series)
            else:
                _print_series(series, {run.id: run.name for run in runs})
            return
        found = {run.id: api.summaries(run.id) for run in runs}
    if as_json:
        output.print_json([{"run_id": run_id, "metrics": each} for run_id, each in found.items()])
        return
    for run in runs:
        if len(runs) > 1:
            output.say(f"\n{run.name} ({run.id})")
        rows = [
            [
                each.key,
                *map(output.number, (each.last, each.min, each.max, each.mean)),
                str(each.count),
            ]
            for each in found[run.id]
        ]
        columns = ["metric", ">last", ">min", ">max", ">mean", ">points"]
        output.print_table(columns, rows, "It has not reported any metric yet.")


def _print_series(series: list["Series"], names: dict[str, str]) -> None:
    """One row a step, one column a series."""
    values = [dict(zip(each.steps, each.values, strict=True)) for each in series]
    steps = sorted({step for column in values for step in column})
    several = len({each.run_id for each in series}) > 1
    heads = [f"{names[each.run_id]} {each.key}" if several else each.key for each in series]
    rows = [[str(step), *(output.number(column.get(step)) for column in values)] for step in steps]
    output.print_table([">step", *(f">{head}" for head in heads)], rows, "No such points.")


def logs(
    run: One,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=500)] = 50,
    level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    search: Annotated[str | None, typer.Option(help="Only lines with this text.")] = None,
    as_json: Json = False,
) -> None:
    """Show the newest lines of a run's log."""
    with context.client() as api:
        found = api.logs(context.find_run(api, run).id, level=level, query=search, limit=lines)
    if as_json:
        output.print_json(found)
    for line in [] if as_json else found:
        when = line.time.astimezone().strftime("%H:%M:%S")
        output.say(f"{when} {line.level:7} {line.message}")


def compare(
    some: Some,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="Group by seeds, algorithm, model, tags, run, or a field as optimizer.learning_rate.",
        ),
    ] = "auto",
    baseline: Annotated[
        str | None,
        typer.Option(help="A run of the group to compare with; default plain GRPO."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a file instead, by its ending: .html, .csv or .json."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare runs and groups of runs: results, variances, what differs, and what the data does and does
    not show."""
    format = _format_of(report)
    with context.client() as api:
        ids = [run.id for run in context.find_runs(api, some)]
        base = context.find_run(api, baseline).id if baseline is not None else None
        if report is not None:
            report.write_bytes(api.export_comparison(ids, format, group_by=by, baseline=base))
            output.note(f"Wrote {report}")
            return
        found = api.compare(ids, group_by=by, baseline=base)
        url = f"{api.url}/compare?runs={','.join(ids)}"
    url += f"&by={by}" if by != "auto" else ""
    url += f"&baseline={base}" if base is not None else ""
    if as_json:
        output.print_json(found)
        return
    if len(found.groups) < len(found.runs):
        _print_groups(found)
    rows = [
        [
            each.name,
            str(each.steps),
            output.number(each.baseline_pass_at_1, 3),
            output.number(each.peak_pass_at_1, 3),
            output.number(each.final_pass_at_1, 3),
            output.number(each.final_reward, 3),
            output.number(each.training_variance, 3),
            output.number(each.sampling_floor, 3),
            output.number(each.effective_fraction, 3),
            {True: "yes", False: "no", None: "-"}[each.collapsed],
        ]
        for each in found.runs
    ]
    columns = ["run", ">steps", ">Pass@1 before", ">peak", ">final", ">reward"]
    columns += [">variance", ">its floor", ">horizon", "collapsed"]
    output.print_table(columns, rows, "Nothing to compare.")
    if found.differences:
        names = {each.run_id: each.name for each in found.runs}
        rows = [
            [each.path, *(str(each.values.get(run_id, "-")) for run_id in names)]
            for each in found.differences
        ]
        output.print_table(["differs in", *names.values()], rows, "")
    for remark in found.remarks:
        output.say(f"- {remark}")
    output.say(f"\n{url}")


def _format_of(report: Path | None) -> Literal["html", "csv", "json"]:
    """The format that a file's ending names."""
    match "html" if report is None else report.suffix.lower().removeprefix("."):
        case "html" | "csv" | "json" as ending:
            return ending
    raise CommandError("--report wants a file that ends in .html, .csv or .json.", Exit.USAGE)


def _print_groups(found: "Comparison") -> None:
    """A row for each group and measure, with its interval and how it stands against the baseline."""
    rows = []
    for group in found.groups:
        for info in found.measures:
            one = group.measures[info.name]
            if one.estimate is None:
                continue
            versus = one.versus
            rows.append(
                [
                    group.label,
                    info.label,
                    output.number(one.estimate.mean, 3),
                    _interval(one.estimate),
                    str(one.estimate.n),
                    "" if versus is None else output.number(versus.estimate.mean, 3),
                    "" if versus is None else _interval(versus.estimate),
                    "" if versus is None or versus.p is None else output.number(versus.p, 3),
                    "baseline" if versus is None else versus.words,
                ]
            )
    columns = ["group", "measure", ">mean", "95 %", ">n", ">against", "95 %", ">p", "which shows"]
    output.print_table(columns, rows, "The groups have no numbers yet.")


def _interval(found: "Estimate") -> str:
    if found.low is None:
        return ""
    return f"{output.number(found.low, 3)} to {output.number(found.high, 3)}"


def checkpoints(run: One, as_json: Json = False) -> None:
    """List a run's checkpoints."""
    with context.client() as api:
        found = api.checkpoints(context.find_run(api, run).id)
    if as_json:
        output.print_json(found)
        return
    rows = [
        [
            each.id,
            str(each.step),
            each.kind,
            f"{each.size / 1e6:.1f} MB",
            ", ".join(f"{key} {output.number(value)}" for key, value in each.metrics.items()),
            output.ago(each.created_at),
        ]
        for each in found
    ]
    columns = ["id", ">step", "kind", ">size", "metrics", "saved"]
    output.print_table(columns, rows, "It has no checkpoint yet.")


def download(
    run: One,
    to: Annotated[
        Path | None, typer.Option("--to", "-o", help="Folder; default: the run's name.")
    ] = None,
    checkpoint: Annotated[str | None, typer.Option(help="Its id; default: the newest.")] = None,
) -> None:
    """Download a checkpoint's files; their hashes are checked."""
    with context.client() as api:
        found = context.find_run(api, run)
        folder = to or Path("".join(c if c.isalnum() or c in "-_." else "-" for c in found.name))
        output.say(str(api.download(found.id, folder, checkpoint)))


def export(
    run: One,
    format: Annotated[
        Format, typer.Option(help="Everything as JSON, or the points as CSV.")
    ] = Format.JSON,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", "-o", help="File, default standard output; of a model the folder to make."
        ),
    ] = None,
    merged: Annotated[
        bool, typer.Option("--merged", help="A checkpoint as a whole model, LoRA merged.")
    ] = False,
    adapter: Annotated[
        bool, typer.Option("--adapter", help="A checkpoint's LoRA adapter alone.")
    ] = False,
    step: Step = None,
    dtype: Annotated[
        str | None, typer.Option(help="Of a merged model: float32, bfloat16 or float16.")
    ] = None,
    timeout: Limit = None,
) -> None:
    """Export a run: configuration, provenance and all metric points; or, with --merged or --adapter, a
    checkpoint as a model with its card."""
    if merged and adapter:
        raise CommandError("Give --merged or --adapter, not both.", Exit.USAGE)
    if merged or adapter:
        export_model(run, "merged" if merged else "adapter", to, step, dtype, timeout)
        return
    if step is not None or dtype is not None:
        raise CommandError("--step and --dtype go with --merged or --adapter.", Exit.USAGE)
    with context.client() as api:
        data = api.export(context.find_run(api, run).id, format.value)
    if to is not None:
        to.write_bytes(data)
        output.note(f"Wrote {to} ({len(data)} bytes)")
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (metrics, logs, compare, checkpoints, download, export):
        app.command()(command)
