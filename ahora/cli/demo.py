"""demo: GRPO and SA-AH-GRPO side by side, from launch to result."""

from typing import TYPE_CHECKING, Annotated

import typer

from ahora.cli import context, output
from ahora.cli.exits import Exit
from ahora.cli.follow import follow
from ahora.cli.launching import verdict
from ahora.cli.stack import Port, print_dashboard

if TYPE_CHECKING:
    from ahora.client import Client
    from ahora.home import Home
    from ahora.schemas.runs import Run
    from ahora.stack.control import OwnedStack

PRESETS = ("demo-grpo", "demo-sa-ah-grpo")


def demo(
    up: Annotated[
        bool, typer.Option("--up", help="Start the stack first, unless it runs already.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop after the result instead of serving on.")
    ] = False,
    port: Port = None,
) -> None:
    """Train GRPO and SA-AH-GRPO on the same small problem, follow both, and compare them."""
    if not up:
        with context.client() as api:
            code = _train(api)
        raise typer.Exit(code)
    from ahora.client import Client
    from ahora.stack import control
    from ahora.stack.options import Options
    from ahora.stack.state import StackState

    home = context.find_home()
    with control.interruptible():
        stack = control.start(home, Options(port=port), output.say, detach=False)
        owned = None if isinstance(stack, StackState) else stack
        try:
            print_dashboard(home)
            with Client(home=home.root) as api:
                code = _train(api)
            if owned is not None and not leave:
                _serve(home, owned)
        except (KeyboardInterrupt, control.InterruptedStack):
            output.say("Runs that have not ended go on at the next start.")
            code = Exit.INTERRUPTED
        finally:
            if owned is not None:
                owned.stop()
                output.say("Stopped.")
    raise typer.Exit(code)


def _train(api: "Client") -> Exit:
    """Launch both runs with the same seed, follow them, print the result."""
    launched = [api.launch(preset, tags=["demo"]) for preset in PRESETS]
    url = f"{api.url}/compare?runs={','.join(run.id for run in launched)}"
    output.say(f"Live:  {url}\n")
    runs = follow(api, launched)
    _print_result(api, runs)
    output.say(f"Compare them in the dashboard:  {url}")
    return verdict(runs)


def _print_result(api: "Client", runs: list["Run"]) -> None:
    rows = []
    for run, result in zip(runs, api.compare([run.id for run in runs]).runs, strict=True):
        rows.append(
            [
                run.name,
                str(run.status),
                output.number(result.baseline_pass_at_1, 3),
                output.number(result.peak_pass_at_1, 3),
                output.number(result.final_pass_at_1, 3),
                output.number(result.final_reward, 3),
                output.number(result.training_variance, 3),
                output.number(result.effective_fraction, 3),
                output.duration(output.took(run.started_at, run.finished_at)),
            ]
        )
    columns = ["run", "status", ">Pass@1 before", ">peak", ">final", ">reward"]
    columns += [">training variance", ">horizon", ">time"]
    output.say("")
    output.print_table(columns, rows, "")
    for run in runs:
        if verdict([run]) != Exit.OK:
            output.say(f"{run.name} {run.status}: {run.status_reason}")
    output.say("Horizon: the share of a rollout with negative advantage that counts.")
    output.say(
        "One seed each compares two runs, not two algorithms: launch both presets with "
        "--seeds 0,1,2,3,4 for that.\n"
    )


def _serve(home: "Home", stack: "OwnedStack") -> None:
    """Keep the dashboard up until Ctrl-C."""
    print_dashboard(home)
    output.say("The dashboard stays up. Ctrl-C stops everything.")
    stack.serve()


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(demo)
