"""ahora experiment: a file or a grid on the command line becomes runs that are handled as one."""

from pathlib import Path

from ahora.cli.exits import Exit
from ahora.client import Client
from tests.cli.conftest import Run

FILE = """
name: horizons
preset: demo-sa-ah-grpo
set: {max_steps: 3}
grid:
  algorithm.name: [grpo, ah_grpo, sa_ah_grpo]
  algorithm.alpha: [0.5, 2]
seeds: 1-2
tags: [cli]
"""


def test_an_experiment_is_launched_from_a_file(ahora: Run, api: Client, tmp_path: Path) -> None:
    file = tmp_path / "horizons.yaml"
    file.write_text(FILE)
    preview = ahora("experiment", "launch", str(file), "--dry-run")
    assert preview.code == Exit.OK
    assert "5 configurations x 2 seeds = 10 runs" in preview.out
    assert "grpo has no alpha" in preview.out
    assert not list(api.experiments())
    launched = ahora("experiment", "launch", str(file), "--json").json
    experiment = launched["summary"]["id"]
    runs = list(api.runs(tags=["cli"]))
    assert {run.max_steps for run in runs} == {3}
    assert {run.experiment_id for run in runs} == {experiment}
    assert "horizons" in ahora("experiment", "list").out
    shown = ahora("experiment", "show", "horizons")
    assert "SA-AH-GRPO alpha 2" in shown.out
    stopped = ahora("experiment", "stop", experiment, "--reason", "enough")
    assert stopped.out.count("stopped") == 10
    assert ahora("experiment", "delete", experiment).code == Exit.OK
    assert ahora("experiment", "show", experiment).code == Exit.NOT_FOUND
    assert ahora("experiment", "restore", experiment).code == Exit.OK


def test_a_grid_may_stand_on_the_command_line(ahora: Run) -> None:
    grid = ("--grid", "optimizer.learning_rate=1e-4,5e-4", "--seeds", "0-2")
    shown = ahora("experiment", "launch", "demo-grpo", *grid, "--dry-run")
    assert "2 configurations x 3 seeds = 6 runs" in shown.out
    nameless = ahora("experiment", "launch", "demo-grpo", *grid)
    assert nameless.code == Exit.USAGE
    assert "--name" in nameless.err
    wrong = ahora("experiment", "launch", "demo-grpo", "--grid", "optimizer.lr=1", "--dry-run")
    assert wrong.code == Exit.USAGE
    assert "no field of the configuration" in wrong.out


def test_a_file_that_is_no_experiment_says_what_is_wrong(ahora: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("preset: demo-grpo\ngrid: {max_steps: [1]}\nsteps: 3\n")
    wrong = ahora("experiment", "launch", str(file), "--name", "x")
    assert wrong.code == Exit.USAGE
    assert "steps" in wrong.err
