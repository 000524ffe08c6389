"""up, down, worker: the processes on this machine."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from ahora.home import Home

Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Port; default: the first free one from 8000."),
]
Slots = Annotated[
    int | None, typer.Option(min=1, max=256, help="CPU runs at once; default: from the cores.")
]


def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = None,
    slots: Slots = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when it is ready; `ahora down` stops it.")
    ] = False,
) -> None:
    """Start the dashboard, the API and a worker on this machine. Ctrl-C stops them."""
    from ahora.stack import control
    from ahora.stack.options import Options
    from ahora.stack.state import StackState

    home = context.find_home()
    with control.interruptible():
        stack = control.start(home, Options(host, port, slots), output.say, detach=detach)
        if isinstance(stack, StackState):
            output.say(f"Ahora is already running (process {stack.launcher.pid}).")
            print_dashboard(home)
            return
        try:
            output.say(f"Ready in {stack.seconds:.1f} s.")
            print_dashboard(home)
            if detach:
                output.say("It goes on in the background: `ahora down` stops it.")
                stack.release()
                return
            output.say("Ctrl-C stops everything.")
            code = stack.serve()
        except (KeyboardInterrupt, control.InterruptedStack):
            code = stack.stop()
            output.say("Stopped.")
    raise typer.Exit(Exit.OK if code == 0 else Exit.FAILED)


def print_dashboard(home: "Home") -> None:
    """Print the dashboard's address with a one-time login code."""
    from ahora.client import Client

    with Client(home=home.root) as api:
        output.say(f"\n  Dashboard  {api.login_url()}")
        output.say("             (logs one browser in, once; `ahora login-url` prints another)\n")


def down() -> None:
    """Stop the stack on this machine, and wait until it has stopped."""
    from ahora.stack import control

    home = context.find_home()
    output.say("Stopped." if control.stop(home, output.say) else f"Nothing runs in {home.root}.")


def worker(
    url: Annotated[str | None, typer.Option(help="Where the API answers.")] = None,
    redis: Annotated[str | None, typer.Option(help="Broker, such as redis://HOST:6379/0.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File that holds a worker token.")] = None,
    slots: Slots = None,
    queues: Annotated[
        str | None, typer.Option(help="cpu, gpu or cpu,gpu; default: what the machine has.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Labels that runs may ask for, such as a100.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name shown; default: the host's.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Artifact store: a folder or an fsspec URL.")
    ] = None,
    spool: Annotated[Path | None, typer.Option(help="Folder for what is not shipped yet.")] = None,
) -> None:
    """Serve runs on this machine for a server, here or elsewhere. Ctrl-C lets trainers save and stops."""
    missing = [each for each in ("celery", "torch") if importlib.util.find_spec(each) is None]
    if missing:
        raise CommandError(
            f"A worker needs {' and '.join(missing)}: pip install 'ahora[worker]' "
            "(in a clone: make setup)."
        )
    home = context.find_home()
    server = url or context.GLOBALS.url or os.environ.get("AHORA_URL")
    local_url, local_redis = (None, None) if server else _local_stack(home)
    flags = {
        "--url": server or local_url,
        "--redis": redis or local_redis,
        "--token-file": token_file,
        "--slots": slots,
        "--queues": queues,
        "--labels": labels,
        "--name": name,
        "--store": store,
        "--spool": spool,
    }
    command = [sys.executable, "-P", "-m", "worker"]
    for flag, value in flags.items():
        command += [] if value is None else [flag, str(value)]
    environ = {**os.environ, "AHORA_HOME": str(home.root)}
    os.execve(sys.executable, command, environ)  # noqa: S606 -- this process becomes the worker


def _local_stack(home: "Home") -> tuple[str | None, str | None]:
    """Addresses of the API and of Redis of a stack that runs in this home."""
    from ahora.stack import redis
    from ahora.stack.state import running

    state = running(home)
    if state is None:
        return None, None
    named = "AHORA_REDIS_URL" in os.environ
    return state.url, None if named else redis.url(redis.socket_path(home))


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, down, worker):
        app.command()(command)
