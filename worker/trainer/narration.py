"""What the log tells of a run that goes well: what is trained, on what, and how it goes."""

from collections.abc import Mapping

import torch

from worker.trainer.data import Problems
from worker.trainer.models import Policy

_STEP_LINES = 100
"""About so many steps of a run are told, evenly spread."""


def setup_lines(policy: Policy, problems: Problems, device: torch.device) -> list[str]:
    """Lines about the model and the data."""
    model, data = policy.provenance, problems.provenance
    return [
        f"Model {model['name']}: {model['parameters']:,} parameters, "
        f"{model['trainable_parameters']:,} of them trained, vocabulary of "
        f"{model['vocab_size']:,} tokens, on {device}.",
        f"Data {data['kind']}: {data['train_size']:,} training problems, {data['eval_size']:,} held out.",
    ]


def is_told(step: int, total: int) -> bool:
    """Whether `step` (from 1) of `total` gets a line: the first, the last, and some between."""
    return step in (1, total) or step % max(1, total // _STEP_LINES) == 0


def step_line(step: int, total: int, values: Mapping[str, float]) -> str:
    """One step's figures in short."""
    told = {
        "reward": values.get("reward"),
        "entropy": values.get("entropy"),
        "loss": values.get("loss"),
        "grad_norm": values.get("grad_norm"),
    }
    figures = [f"{name} {value:.4g}" for name, value in told.items() if value is not None]
    return f"Step {step}/{total}: {', '.join(figures)}, {values['step_time']:.2f} s."


def evaluation_line(step: int, values: Mapping[str, float]) -> str:
    """An evaluation's figures."""
    figures = [f"{name.removeprefix('eval/')} {value:.4g}" for name, value in values.items()]
    return f"Evaluation after step {step}: {', '.join(figures)}."
