"""datasets: upload, list, show and delete the files that runs train on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit
from ahora.cli.launching import Json

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.schemas.datasets import DatasetDetail

datasets = typer.Typer(help="List datasets; upload JSONL files that runs train on.")

One = Annotated[str, typer.Argument(metavar="DATASET", help="Id, hash (or its beginning), name.")]


@datasets.callback(invoke_without_command=True)
def list_(command: typer.Context, as_json: Json = False) -> None:
    """List datasets, the newest first."""
    if command.invoked_subcommand is not None:
        return
    with context.client() as api:
        found = api.datasets()
    if as_json:
        output.print_json(found)
        return
    rows = [
        [
            each.id,
            each.name,
            str(each.rows),
            output.size(each.size),
            f"{each.prompt_column} -> {each.answer_column}",
            str(each.runs),
            output.ago(each.created_at),
            each.sha256[:12],
        ]
        for each in found
    ]
    columns = ["id", "name", ">rows", ">size", "columns", ">runs", "uploaded", "sha256"]
    output.print_table(columns, rows, "No datasets: ahora datasets upload FILE")


@datasets.command("upload")
def upload(
    file: Annotated[Path, typer.Argument(help="One JSON object a line.")],
    name: Annotated[str | None, typer.Option(help="Name; empty takes the file's.")] = None,
    prompt: Annotated[str | None, typer.Option(metavar="KEY", help="Key of the question.")] = None,
    answer: Annotated[str | None, typer.Option(metavar="KEY", help="Key of the answer.")] = None,
    as_json: Json = False,
) -> None:
    """Upload a JSONL file. Every line is checked, and wrong ones are named."""
    with context.client() as api:
        made = api.upload_dataset(file, name, prompt_column=prompt, answer_column=answer)
    if as_json:
        output.print_json(made)
        return
    _describe(made)
    output.say(
        "use it with  --set data.kind=jsonl --set data.dataset="
        f"{made.sha256} --set data.prompt_column={made.prompt_column} "
        f"--set data.answer_column={made.answer_column}"
    )


@datasets.command("show")
def show(one: One, as_json: Json = False) -> None:
    """Show a dataset with its first rows."""
    with context.client() as api:
        found = api.dataset(_find(api, one))
    if as_json:
        output.print_json(found)
    else:
        _describe(found)


@datasets.command("delete")
def delete(one: One) -> None:
    """Delete a dataset that no run needs any more."""
    with context.client() as api:
        found = api.dataset(_find(api, one))
        api.delete_dataset(found.id)
    output.say(f"{found.id}  {found.name}  deleted")


def _describe(found: "DatasetDetail") -> None:
    import json

    output.say(f"{found.id}  {found.name}  {found.rows} rows, {output.size(found.size)}")
    output.say(f"sha256 {found.sha256}")
    for row in found.first_rows:
        texts = (json.dumps(row.get(key)) for key in (found.prompt_column, found.answer_column))
        output.say(
            "  " + " -> ".join(text if len(text) < 60 else f"{text[:59]}…" for text in texts)
        )


def _find(api: "Client", reference: str) -> str:
    found = [
        each
        for each in api.datasets()
        if each.id.startswith(reference)
        or each.name == reference
        or (len(reference) >= 6 and each.sha256.startswith(reference))
    ]
    exact = [each for each in found if reference in (each.id, each.sha256)]
    if len(exact or found) == 1:
        return (exact or found)[0].id
    if not found:
        raise CommandError(
            f"No dataset has the id, hash or name {reference!r}: `ahora datasets` lists them.",
            Exit.NOT_FOUND,
        )
    listed = "\n".join(f"  {each.id}  {each.name}" for each in found[:10])
    raise CommandError(f"{reference!r} fits several datasets; use an id:\n{listed}", Exit.USAGE)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(datasets, name="datasets")
