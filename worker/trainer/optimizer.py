"""AdamW and the learning rate's schedule."""

import math

import torch
from torch import nn

from ahora.config import OptimizerConfig


def trained_parameters(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that are trained."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def make_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW over the trained parameters; only matrices decay, not norms and biases."""
    parameters = trained_parameters(model)
    matrices = [each for each in parameters if each.ndim >= 2]
    others = [each for each in parameters if each.ndim < 2]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        betas=(config.adam_beta1, config.adam_beta2),
        eps=config.adam_epsilon,
        fused=True,
    )


def learning_rate(config: OptimizerConfig, step: int, max_steps: int) -> float:
    """Learning rate of the updates of `step` (from 1 to `max_steps`).

    Step n of w warm-up steps has n / w of the peak, so that no step is spent at 0 (transformers'
    schedules begin there). `linear` and `cosine` then fall towards 0 at the end.
    """
    peak, kind = config.learning_rate, config.lr_scheduler_type
    warmup = 0 if kind == "constant" else config.warmup_steps
    if step <= warmup:
        return peak * step / warmup
    if kind in ("constant", "constant_with_warmup"):
        return peak
    progress = (step - 1 - warmup) / max(max_steps - warmup, 1)
    if kind == "linear":
        return peak * (1.0 - progress)
    return peak * 0.5 * (1.0 + math.cos(math.pi * progress))
