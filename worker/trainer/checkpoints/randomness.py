"""The states of all global random generators: torch's on CPU and GPU, numpy's, Python's.

Draws of training are seeded by run and step (order.py), so a resumed run repeats an uninterrupted one
without them; they are kept for what draws behind this program's back, in a library or a reward.
"""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Randomness:
    """As the generators were at one moment."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]

    @staticmethod
    def now() -> "Randomness":
        """The states of this process."""
        version, words, gauss = random.getstate()
        kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
        tensors = {
            "torch": torch.get_rng_state(),
            "numpy": torch.from_numpy(np.asarray(keys).astype(np.int64)),
            "python": torch.tensor(words, dtype=torch.int64),
        }
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            for device, state in enumerate(torch.cuda.get_rng_state_all()):
                tensors[f"cuda.{device}"] = state
        return Randomness(
            tensors=tensors,
            values={
                "numpy": [kind, int(position), int(has_gauss), float(cached)],
                "python": [version, gauss],
            },
        )

    def restore(self) -> None:
        """Set this process's generators."""
        torch.set_rng_state(self.tensors["torch"])
        kind, position, has_gauss, cached = self.values["numpy"]
        keys = self.tensors["numpy"].numpy().astype(np.uint32)
        np.random.set_state((kind, keys, position, has_gauss, cached))
        version, gauss = self.values["python"]
        random.setstate((version, tuple(self.tensors["python"].tolist()), gauss))
        if torch.cuda.is_available():
            for device in range(torch.cuda.device_count()):
                state = self.tensors.get(f"cuda.{device}")
                if state is not None:
                    torch.cuda.set_rng_state(state, device)
