"""A plain optimiser that keeps the gradients it is given. Both sides use it: ours and TRL's.

Plain gradient descent, since AdamW divides by the gradient's own size: it would turn rounding in a
vanishing gradient into a whole step, and the next gradient would be taken somewhere else.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Recorder(torch.optim.SGD):
    """Gradient descent on the trained parameters of `model` that remembers each update's gradient."""

    def __init__(self, model: nn.Module, learning_rate: float) -> None:
        self.named = {
            name: parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }
        self.gradients: list[Mapping[str, Tensor]] = []
        """One entry an update: the gradient by parameter name."""
        super().__init__(list(self.named.values()), lr=learning_rate)

    def step(self, closure: None = None) -> None:
        self.gradients.append(
            {
                name: torch.zeros_like(parameter)
                if parameter.grad is None
                else parameter.grad.clone()
                for name, parameter in self.named.items()
            }
        )
        super().step(closure)
