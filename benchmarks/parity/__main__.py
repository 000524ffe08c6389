"""Our loss and gradient against those of TRL's GRPOTrainer on the same batch: `make parity`.

Both train for real on the same weights, prompts, completions and rewards, with plain gradient descent
that records each update's gradient. Prints a table and ends with one JSON line; the exit status is 1
when a loss or gradient differs by more than `TOLERANCE`, or a case did not clip as it should.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

from benchmarks.parity.cases import Case, cases
from benchmarks.parity.ours import Ours

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-4
"""Largest difference of a gradient, as a share of its norm, and of a loss."""
SMALL_LOSS = 1e-2
"""Advantages nearly cancel in a loss: the difference of one smaller than this is taken as a share of
this, not of what rounding left."""

ENOUGH_CLIPPED = 0.05
"""Share of the tokens that an update of a case with clipping must clip."""


@dataclass(frozen=True)
class Compared:
    """One update of one case."""

    case: Case
    update: int
    gradient_norm: float
    gradient_difference: float
    """Norm of the difference over the norm of TRL's."""
    loss_ours: float
    loss_trl: float
    clipped: float
    """Share of the update's completion tokens that ours clipped."""
    clipped_trl: float

    @property
    def loss_difference(self) -> float:
        """As a share of TRL's loss, or of `SMALL_LOSS` where it is smaller."""
        return abs(self.loss_ours - self.loss_trl) / max(abs(self.loss_trl), SMALL_LOSS)

    @property
    def agrees(self) -> bool:
        """Whether loss, gradient and what is clipped are TRL's."""
        # TRL's share is a mean over micro-batches, however many tokens each has
        same = self.case.accumulation > 1 or abs(self.clipped - self.clipped_trl) < TOLERANCE
        close = max(self.gradient_difference, self.loss_difference) < TOLERANCE
        expected = self.clipped == 0.0 or (self.case.clips and self.update > 1)
        return close and same and expected


def ask_peer(python: Path, folder: Path) -> None:
    """Let TRL train on what lies in `folder`. Raises SystemExit with its last words when it fails."""
    environ = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "TRL_EXPERIMENTAL_SILENCE": "1",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(ROOT),
    }
    command = [python, "-m", "benchmarks.parity.peer", folder]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"TRL's side failed:\n{done.stderr[-4000:]}")


def compare(folder: Path, python: Path, chosen: list[Case]) -> list[Compared]:
    """Every update of every case, trained by both sides."""
    ours = Ours(folder)
    ours.hand_over(chosen)
    ask_peer(python, folder)
    answers = json.loads((folder / "peer.json").read_text())
    gradients = load_file(folder / "peer.safetensors")
    found: list[Compared] = []
    for number, (case, answer) in enumerate(zip(chosen, answers, strict=True)):
        passes, recorder = ours.train(case)
        steps = zip(passes, recorder.gradients, answer["losses"], answer["clipped"], strict=True)
        for update, (one, gradient, loss, clipped) in enumerate(steps):
            prefix = f"{number}/{update}/"
            names = sorted(name for name in gradients if name.startswith(prefix))
            assert [name.removeprefix(prefix) for name in names] == sorted(gradient)
            theirs = torch.cat([gradients[name].flatten() for name in names])
            mine = torch.cat([gradient[name].flatten() for name in sorted(gradient)])
            found.append(
                Compared(
                    case=case,
                    update=update + 1,
                    gradient_norm=float(theirs.norm()),
                    gradient_difference=float((mine - theirs).norm() / theirs.norm()),
                    loss_ours=one.loss,
                    loss_trl=loss,
                    clipped=one.clipped_low + one.clipped_high,
                    clipped_trl=clipped,
                )
            )
    return found


def table(compared: list[Compared]) -> str:
    """A line an update."""
    head = (
        f"{'case':40} {'update':>6} {'loss (TRL)':>11} {'difference':>11} {'|gradient|':>11} "
        f"{'difference':>11} {'clipped':>8}"
    )
    lines = [
        f"{one.case.name if one.update == 1 else '':40} {one.update:6} {one.loss_trl:11.5f} "
        f"{one.loss_difference:11.1e} {one.gradient_norm:11.5f} {one.gradient_difference:11.1e} "
        f"{one.clipped:8.1%}{'' if one.agrees else '  DIFFERS'}"
        for one in compared
    ]
    return "\n".join([head, *lines])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__)
    parser.add_argument("--trl", type=Path, default=ROOT / ".venv-trl" / "bin" / "python")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    given = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    chosen = [case for case in cases() if given.only in case.name]
    with tempfile.TemporaryDirectory(prefix="ahora-parity-") as folder:
        compared = compare(Path(folder), given.trl, chosen)
    print(table(compared))
    differing = sum(not one.agrees for one in compared)
    most = {case.name: max(one.clipped for one in compared if one.case is case) for case in chosen}
    unclipped = [case.name for case in chosen if case.clips and most[case.name] < ENOUGH_CLIPPED]
    if unclipped:
        print(f"These cases should have clipped more: {', '.join(unclipped)}")
    result = {
        "cases": len(chosen),
        "updates": len(compared),
        "max_gradient_difference": max(one.gradient_difference for one in compared),
        "max_loss_difference": max(one.loss_difference for one in compared),
        "min_clipped": min(most[case.name] for case in chosen if case.clips),
        "tolerance": TOLERANCE,
        "differing": differing + len(unclipped),
    }
    print(json.dumps(result))
    return 1 if differing or unclipped else 0


if __name__ == "__main__":
    sys.exit(main())
