"""What a resume needs besides the weights: the optimiser, the training state, random generators."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from worker.trainer.checkpoints.files import Unusable
from worker.trainer.checkpoints.layout import OPTIMIZER, RANDOM, STATE
from worker.trainer.checkpoints.randomness import Randomness
from worker.trainer.state import TrainingState

FORMAT = 1
_STATE: TypeAdapter[TrainingState] = TypeAdapter(TrainingState)


@dataclass(frozen=True)
class Snapshot:
    """Of the boundary between two steps."""

    state: TrainingState
    optimizer: dict[str, Tensor]
    """`QUANTITY/PARAMETER`, such as `exp_avg/model.norm.weight`."""
    randomness: Randomness
    num_threads: int

    def write(self, folder: Path) -> None:
        """Write `training/` of a checkpoint. Raises OSError or SafetensorError."""
        (folder / STATE).parent.mkdir()
        save_file(self.optimizer, folder / OPTIMIZER)
        save_file(self.randomness.tensors, folder / RANDOM)
        about = {
            "format": FORMAT,
            "state": _STATE.dump_python(self.state, mode="json"),
            "random": self.randomness.values,
            "num_threads": self.num_threads,
        }
        (folder / STATE).write_text(json.dumps(about, indent=2) + "\n")

    @staticmethod
    def read(folder: Path) -> "Snapshot":
        """Read `training/` of a checkpoint. Raises Unusable."""
        try:
            about = json.loads((folder / STATE).read_bytes())
            if about["format"] != FORMAT:
                raise Unusable(
                    f"it was saved by another version of Ahora (format {about['format']})"
                )
            return Snapshot(
                # read by json, not by pydantic, whose floats need not be exact
                state=_STATE.validate_python(about["state"]),
                optimizer=load_file(folder / OPTIMIZER),
                randomness=Randomness(load_file(folder / RANDOM), about["random"]),
                num_threads=about["num_threads"],
            )
        except FileNotFoundError as error:
            raise Unusable("it holds weights, but no state of training") from error
        except (OSError, SafetensorError, ValueError, KeyError, ValidationError) as error:
            raise Unusable(f"its state of training cannot be read ({error})") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """The optimiser's state as named tensors; empty before its first step."""
    return {
        f"{quantity}/{name}": value.contiguous()
        for name, parameter in model.named_parameters()
        for quantity, value in optimizer.state.get(parameter, {}).items()
    }


def check_optimizer(tensors: dict[str, Tensor], model: nn.Module) -> None:
    """Check that `tensors` belong to the parameters that are trained. Raises Unusable."""
    trained = {name: each for name, each in model.named_parameters() if each.requires_grad}
    found: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        quantity, _, name = key.partition("/")
        found.setdefault(name, {})[quantity] = value
    if found and found.keys() != trained.keys():
        other = sorted(found.keys() ^ trained.keys())
        raise Unusable(f"its optimiser is of other parameters, such as {other[0]}")
    for name, values in found.items():
        if any(value.ndim and value.shape != trained[name].shape for value in values.values()):
            raise Unusable(f"its optimiser has another shape at {name}")


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], model: nn.Module
) -> None:
    """Give `optimizer` the state that `check_optimizer` found fitting."""
    parameters = dict(model.named_parameters())
    optimizer.state.clear()
    for key, value in tensors.items():
        quantity, _, name = key.partition("/")
        parameter = parameters[name]
        like = (
            torch.empty_like(parameter)
            if value.ndim
            else value.new_empty((), device=parameter.device)
        )
        optimizer.state[parameter][quantity] = like.copy_(value)
