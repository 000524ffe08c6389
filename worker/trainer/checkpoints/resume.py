"""Begins where a checkpoint left off: with its weights alone, or with everything.

Whether a checkpoint fits is found out before anything is changed, so that the next one can be tried.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from ahora.config import RunConfig
from ahora.events import ResumedEvent
from worker.trainer.checkpoints.files import Unusable, verify
from worker.trainer.checkpoints.layout import MANIFEST
from worker.trainer.checkpoints.saver import Checkpoints, Trained
from worker.trainer.checkpoints.snapshot import Snapshot, check_optimizer, restore_optimizer
from worker.trainer.checkpoints.start import Start
from worker.trainer.checkpoints.weights import put_weights, read_weights
from worker.trainer.errors import RunError
from worker.trainer.journal import Journal
from worker.trainer.models import Policy
from worker.trainer.models.checkpoint import read_about
from worker.trainer.models.source import Source
from worker.trainer.state import TrainingState

_INITIALISED = "initialised_sha256"
_HARMLESS = ("checkpoints.", "logging.", "resources.", "analysis.")
"""Sections whose fields may differ without a word: they do not change what is trained."""


def initialise(policy: Policy, config: RunConfig, folder: Path, journal: Journal) -> None:
    """Give `policy` the weights of the checkpoint in `folder`, and nothing else of it.

    Raises RunError `checkpoint_invalid`.
    """
    try:
        if (folder / MANIFEST).exists():
            verify(folder)
        about = _about(folder)
        put_weights(policy, read_weights(policy, config.model, folder))
    except Unusable as problem:
        raise RunError(
            "checkpoint_invalid",
            f"the run cannot begin with the checkpoint in {folder}, because {problem}: choose another "
            "checkpoint, and leave the model's fields as they were in its run",
        ) from problem
    origin = f"step {about.get('step')} of run {about.get('run_id')}"
    policy.provenance["initialised_from"] = origin
    policy.provenance[_INITIALISED] = Source(folder).weights_sha256()
    journal.log("info", f"Weights taken from the checkpoint of {origin}.")


def resume(
    trained: Trained, start: Start, out: Path, journal: Journal
) -> tuple[TrainingState, Checkpoints]:
    """Put policy, optimiser and random generators in the state of the first checkpoint that is usable.

    Writes a ResumedEvent when the run resumes, and a warning for each that is passed over. A new state,
    with nothing changed, when there is no usable one. With it come the checkpoints of the output folder
    `out`. Raises RunError `config_invalid`.
    """
    checkpoints = Checkpoints(trained, out, journal)
    passed_over: list[str] = []
    for folder in start.resume_from:
        try:
            state = _resumed(trained, folder, start, passed_over, journal)
        except Unusable as problem:
            passed_over.append(f"{folder.name} cannot be used, because {problem}")
            journal.log("warning", f"Checkpoint {passed_over[-1]}.")
        else:
            if not start.of_any_run:
                checkpoints.already_saved(state)
            return state, checkpoints
    if start.resumes:
        found = passed_over or ["There is no checkpoint"]
        reason = ". ".join([*found, "Training starts afresh."])
        journal.write(ResumedEvent(step=0, reason=reason[:4000]))
    return TrainingState(), checkpoints


def _resumed(
    trained: Trained, folder: Path, start: Start, passed_over: list[str], journal: Journal
) -> TrainingState:
    verify(folder)
    about = _about(folder)
    if about.get("run_id") != trained.run_id and not start.of_any_run:
        raise Unusable(f"it belongs to run {about.get('run_id')!r}")
    snapshot = Snapshot.read(folder)
    model = trained.policy.model
    weights = read_weights(trained.policy, trained.config.model, folder)
    check_optimizer(snapshot.optimizer, model)
    _check_reference(trained, about)

    put_weights(trained.policy, weights)
    restore_optimizer(trained.optimizer, snapshot.optimizer, model)
    snapshot.randomness.restore()
    step = snapshot.state.step
    reason = ". ".join([*passed_over, f"Training goes on after step {step}."])
    journal.write(ResumedEvent(step=step, path=str(folder), reason=reason[:4000]))
    journal.log("info", f"Resumed from the checkpoint of step {step} in {folder}.")
    for line in _differences(trained, about, snapshot):
        journal.log("warning", line)
    return snapshot.state


def _about(folder: Path) -> dict[str, Any]:
    try:
        return read_about(folder)
    except RunError as error:
        raise Unusable(error.reason) from error


def _check_reference(trained: Trained, about: Mapping[str, Any]) -> None:
    """The KL term is against the weights that a run began with: without them it is another run."""
    before = about["model"].get(_INITIALISED)
    now = trained.policy.provenance.get(_INITIALISED)
    if before != now and trained.config.algorithm.beta > 0:
        raise RunError(
            "config_invalid",
            "algorithm.beta is above 0, and this run began with weights of another checkpoint than it "
            "is given now: name the same folder as initialise_from",
        )


def _differences(trained: Trained, about: Mapping[str, Any], snapshot: Snapshot) -> Iterator[str]:
    """Why what follows may not be what an uninterrupted run would have done."""
    before, now = dict(_flat(about["config"])), dict(_flat(trained.config.resolved()))
    changed = sorted(
        name
        for name in before.keys() | now.keys()
        if before.get(name) != now.get(name) and not name.startswith(_HARMLESS)
    )
    if changed:
        yield (
            f"The configuration has changed since the checkpoint was saved: {', '.join(changed)}. The "
            "new values hold from here on."
        )
    base = trained.policy.provenance["weights_sha256"]
    if about["model"].get("weights_sha256") != base:
        yield "The base model's weights are not those that the run began with: results may differ."
    threads = torch.get_num_threads()
    on_cpu = trained.config.resources.device == "cpu"
    if on_cpu and snapshot.num_threads != threads:
        yield (
            f"The run had {snapshot.num_threads} CPU threads and now has {threads}: it goes on, but not "
            "to the bit as it would have without the interruption. Set resources.num_threads to fix it."
        )


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
