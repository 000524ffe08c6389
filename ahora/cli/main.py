"""The `ahora` command."""

from pathlib import Path
from typing import Annotated

import typer

from ahora import __version__
from ahora.cli import (
    access,
    alerts,
    context,
    control,
    datasets,
    demo,
    experiments,
    jobs,
    launching,
    monitoring,
    projects,
    runs,
    stack,
    workers,
)
from ahora.cli.exits import code_of, fail

app = typer.Typer(
    name="ahora",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Launch, watch and compare SA-AH-GRPO training runs of language models.",
    epilog="Exit codes: 0 done, 1 failed or refused, 2 wrong usage or configuration, 3 no server, "
    "4 not found, 5 not allowed, 124 timed out, 130 interrupted.",
)
for module in (
    stack, demo, launching, experiments, datasets, runs, control, monitoring, alerts, jobs, projects,
    workers, access,
):  # fmt: skip
    module.register(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ahora {__version__}")
        raise typer.Exit


@app.callback()
def _globals(
    url: Annotated[
        str | None, typer.Option(help="Server; default: AHORA_URL, else the stack on this machine.")
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder of the stack; default: AHORA_HOME, else .ahora here or above."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    context.GLOBALS.url, context.GLOBALS.home = url, home


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Ends with one of `ahora.cli.exits.Exit`."""
    try:
        app(args=arguments)
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        fail(error, code)


if __name__ == "__main__":
    main()
