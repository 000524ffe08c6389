"""Saves checkpoints, bounds their number, and goes on when the disk is full."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError

from ahora.config import RunConfig
from ahora.events import CheckpointEvent, CheckpointFile, CheckpointRemovedEvent
from worker.trainer.checkpoints import layout
from worker.trainer.checkpoints.files import force_to_disk, seal
from worker.trainer.checkpoints.randomness import Randomness
from worker.trainer.checkpoints.snapshot import Snapshot, optimizer_tensors
from worker.trainer.checkpoints.weights import is_finite, kind_of, write_weights
from worker.trainer.errors import RunError
from worker.trainer.journal import Journal
from worker.trainer.models import Policy
from worker.trainer.state import TrainingState

_PATIENCE, _PAUSE, _TICK = 60.0, 5.0, 0.1


@dataclass(frozen=True)
class Trained:
    """What a checkpoint is of."""

    config: RunConfig
    run_id: str
    policy: Policy
    optimizer: torch.optim.Optimizer


class Checkpoints:
    """The checkpoints of one output folder.

    The newest `save_total_limit` are kept, and the best by `eval/pass@1` with `save_best`.
    """

    def __init__(self, trained: Trained, out: Path, journal: Journal) -> None:
        self._trained = trained
        self._out = out
        self._journal = journal
        self._steps = layout.own_steps(out)
        self._boundary = Randomness.now()
        self._safe: tuple[int, int | None] | None = None
        self._error_type = ""
        self.problem = ""
        """Why the newest attempt to save failed; empty when it did not."""
        for path in (out / layout.FOLDER).glob(".step-*"):  # a run was killed while it saved
            shutil.rmtree(path)

    def at_boundary(self) -> None:
        """Between two steps: note what the next step will change before it can be saved."""
        self._boundary = Randomness.now()

    def already_saved(self, state: TrainingState) -> None:
        """`state` is that of a checkpoint which outlives this run: it needs no saving."""
        self._safe = _mark(state)

    def newest(self) -> str:
        """What remains of a run that is given up in the middle of a step."""
        if self._safe is None:
            return "The step under way took too long to finish, and nothing had been saved before."
        return (
            "The step under way took too long to finish: the run can go on from its newest checkpoint, "
            f"that of step {self._safe[0]}."
        )

    def save(self, state: TrainingState) -> None:
        """Save the policy as the last finished step left it, unless that is done already.

        What cannot be written is told in the log, and `problem` says why; training may go on.
        """
        if self._safe == _mark(state):
            return
        step = state.step
        self._journal.progress(
            "saving", f"checkpoint of step {step}", step, self._trained.config.max_steps
        )
        if not is_finite(self._trained.policy):
            self._failed(step, "nan_loss", "the weights are not numbers any more")
            return
        partial = layout.partial(self._out, step)
        try:
            files = self._write(state, partial)
            self._name(partial, step)
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if not _is_of_disk(error):
                raise
            self._failed(step, "disk_full", _reason(error))
            return
        self.problem = ""
        self._safe = _mark(state)
        self._steps = sorted({*self._steps, step})
        self._journal.write(
            CheckpointEvent(
                step=step,
                kind=kind_of(self._trained.policy),
                path=layout.step_path(step),
                files=files,
                metrics=state.evaluated,
                best=state.best_step == step,
            )
        )
        self._journal.log("info", f"Checkpoint of step {step} saved.")
        self._remove_old(state)

    def finish(self, state: TrainingState, check: Callable[[], None]) -> None:
        """See to it that the end of the training is saved: a run without it is for nothing.

        Tries again for `_PATIENCE` seconds, in which `check` may raise, then raises RunError.
        """
        end = time.monotonic() + _PATIENCE
        while self.problem:
            if self._error_type != "disk_full":
                raise RunError(self._error_type, self.problem)
            if time.monotonic() > end:
                remedy = "Free space on the worker's disk, then resume the run."
                raise RunError("disk_full", f"{self.problem} {remedy}")
            due = time.monotonic() + _PAUSE
            while time.monotonic() < due:
                check()
                time.sleep(_TICK)
            self.save(state)

    def _write(self, state: TrainingState, folder: Path) -> list[CheckpointFile]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config, policy = self._trained.config, self._trained.policy
        write_weights(policy, config.model, folder)
        Snapshot(
            state=state,
            optimizer=optimizer_tensors(self._trained.optimizer, policy.model),
            randomness=self._boundary,
            num_threads=torch.get_num_threads(),
        ).write(folder)
        about = {
            "run_id": self._trained.run_id,
            "step": state.step,
            "kind": kind_of(policy),
            "model": policy.provenance,
            "metrics": state.evaluated,
            "config": config.resolved(),
        }
        (folder / layout.ABOUT).write_text(json.dumps(about, indent=2) + "\n")
        return seal(folder)

    def _name(self, partial: Path, step: int) -> None:
        """Give a whole checkpoint its name; at every moment one of that step is there under some name."""
        folder, replaced = self._out / layout.step_path(step), layout.replaced(self._out, step)
        if folder.exists():
            shutil.rmtree(replaced, ignore_errors=True)
            folder.rename(replaced)
        partial.rename(folder)
        force_to_disk(folder.parent)
        shutil.rmtree(replaced, ignore_errors=True)

    def _remove_old(self, state: TrainingState) -> None:
        config = self._trained.config.checkpoints
        if config.save_total_limit is None:
            return
        kept = set(self._steps[-config.save_total_limit :])
        if config.save_best and state.best_step is not None:
            kept.add(state.best_step)
        for step in [step for step in self._steps if step not in kept]:
            self._steps.remove(step)
            self._journal.write(CheckpointRemovedEvent(step=step))
            shutil.rmtree(self._out / layout.step_path(step), ignore_errors=True)

    def _failed(self, step: int, error_type: str, why: str) -> None:
        self._error_type = error_type
        self.problem = f"The checkpoint of step {step} could not be saved: {why}."
        self._journal.log("warning", self.problem)


def _mark(state: TrainingState) -> tuple[int, int | None]:
    return state.step, state.evaluated_step


def _is_of_disk(error: Exception) -> bool:
    # tokenizers raises bare exceptions with the operating system's number in their text
    return isinstance(error, OSError | SafetensorError) or "os error" in str(error)


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)[:500]
