"""evaluate, sample and the export of models: what is done with checkpoints."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.launching import Json, Set
from ahora.cli.runs import One

if TYPE_CHECKING:
    from ahora.client import Client, StreamEvent
    from ahora.results import EvaluateResult, SampleResult
    from ahora.schemas.jobs import CheckpointJob

Step = Annotated[
    int | None, typer.Option(min=0, help="Step of the checkpoint; default: the newest.")
]
Limit = Annotated[
    float | None,
    typer.Option("--timeout", min=0.0, metavar="SECONDS", help="Stop waiting; the job goes on."),
]


def evaluate(
    run: One,
    step: Step = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="KIND|FILE", help="Another dataset: its kind, or YAML or JSON of it."),
    ] = None,
    examples: Annotated[int | None, typer.Option(min=1, help="Held-out problems.")] = None,
    samples: Annotated[
        int | None, typer.Option(min=0, help="Completions sampled per problem, for pass@k.")
    ] = None,
    pass_k: Annotated[list[int], typer.Option(help="A k of pass@k; may be repeated.")] = [],
    set_: Set = [],
    timeout: Limit = None,
    as_json: Json = False,
) -> None:
    """Evaluate a checkpoint, on the run's held-out problems or on any dataset, and wait for the result."""
    fields: dict[str, Any] = _data(data) | {"num_examples": examples, "num_samples": samples}
    spec = _spec("evaluate", fields | {"pass_k": list(pass_k) or None}, set_)
    with context.client() as api:
        job = _done(api, run, step, spec, timeout)
    if as_json:
        output.print_json(job)
        return
    result: Any = job.result
    _show_evaluation(job, result)


def _show_evaluation(job: "CheckpointJob", result: "EvaluateResult") -> None:
    from ahora.metrics import describe

    rows = [
        [name, output.number(value), describe(name).description]
        for name, value in result.metrics.items()
    ]
    output.print_table(["metric", ">value", "what it is"], rows, "")
    output.say(
        f"{result.problems} problems of {result.data['kind']}, checkpoint of step {job.step}"
    )


def sample(
    run: One,
    prompt: Annotated[
        str | None,
        typer.Option(help="The question; default: standard input.", show_default=False),
    ] = None,
    step: Step = None,
    number: Annotated[int, typer.Option("-n", min=1, max=64, help="Completions.")] = 1,
    raw: Annotated[
        bool, typer.Option("--raw", help="Continue the text as it stands, without any template.")
    ] = False,
    greedy: Annotated[
        bool, typer.Option("--greedy", help="The likeliest token each time.")
    ] = False,
    temperature: Annotated[float | None, typer.Option(help="Default: the run's.")] = None,
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Longest completion, in tokens.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same gives the same completions.")] = 0,
    set_: Set = [],
    timeout: Limit = None,
    as_json: Json = False,
) -> None:
    """Try a checkpoint on a prompt, and wait for its completions."""
    text = typer.get_text_stream("stdin").read() if prompt is None else prompt
    fields = {
        "prompt": text,
        "template": not raw,
        "num_completions": number,
        "greedy": greedy,
        "temperature": temperature,
        "max_completion_length": max_length,
        "seed": seed,
    }
    with context.client() as api:
        job = _done(api, run, step, _spec("sample", fields, set_), timeout)
    if as_json:
        output.print_json(job)
        return
    result: Any = job.result
    _show_samples(result)


def _show_samples(result: "SampleResult") -> None:
    for number, each in enumerate(result.completions, 1):
        if len(result.completions) > 1:
            mean = sum(each.entropy) / max(1, len(each.entropy))
            cut = ", cut off" if each.truncated else ""
            output.note(f"#{number}: {len(each.tokens)} tokens, entropy {mean:.3g} nats{cut}")
        output.say(each.text)


def export_model(
    run: str,
    what: str,
    to: Path | None,
    step: int | None,
    dtype: str | None,
    timeout: float | None,
) -> None:
    """Export a checkpoint as a model and download it: `ahora export --merged` and `--adapter`."""
    spec = _spec("export", {"what": what, "dtype": dtype}, [])
    with context.client() as api:
        job = _done(api, run, step, spec, timeout)
        name = context.find_run(api, run).name
        safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
        folder = to or Path(f"{safe}-step-{job.step}-{what}")
        output.say(str(api.download_export(job.id, folder)))


def _data(given: str | None) -> dict[str, Any]:
    """`--data` as fields of a spec. A file holds a `data` section, or `data` and `rewards`."""
    if given is None:
        return {}
    from ahora.client.sources import is_file, read_file

    if not is_file(given):
        return {"data": {"kind": given}}
    held = read_file(Path(given))
    if "data" not in held:
        return {"data": held}
    return {name: held[name] for name in ("data", "rewards") if name in held}


def _spec(kind: str, fields: dict[str, Any], set_: Iterable[str]) -> dict[str, Any]:
    """The job's spec: options, then `--set` over them."""
    from ahora.config.overrides import OverrideError, apply_overrides

    spec = {name: value for name, value in fields.items() if value is not None}
    try:
        return apply_overrides({"kind": kind, **spec}, context.parse_overrides(set_))
    except OverrideError as error:
        raise CommandError(f"--set {error}", Exit.USAGE) from error


def _done(
    api: "Client", run: str, step: int | None, spec: dict[str, Any], timeout: float | None
) -> "CheckpointJob":
    """Ask for the job and wait for its end.

    Raises:
        CommandError: it failed or was stopped, or Ctrl-C.
    """
    checkpoint = api.find_checkpoint(context.find_run(api, run).id, step=step)
    job = api.create_job(checkpoint.id, spec)
    if job.waits_for:
        output.note(job.waits_for)
    try:
        job = api.wait_for_job(job.id, timeout, _progress())
    except KeyboardInterrupt:
        raise CommandError(
            f"Interrupted. The job goes on; `ahora stop {job.id}` ends it.", Exit.INTERRUPTED
        ) from None
    if job.status != "completed" or job.result is None:
        reason = job.status_reason or "the log may say why"
        raise CommandError(f"The job is {job.status}: {reason} (ahora logs {job.id})")
    return job


def _progress() -> Any:
    """Says on stderr what the job does, when that changes."""
    from ahora.cli.follow import activity
    from ahora.client import RunChanged

    last = [""]

    def tell(event: "StreamEvent") -> None:
        if isinstance(event, RunChanged) and (doing := activity(event.run)) != last[0]:
            last[0] = doing
            if event.run.status not in {"completed", "failed", "stopped"}:
                output.note(doing)

    return tell


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(evaluate)
    app.command()(sample)
