"""Goes on with smaller lots when the memory of the device runs out.

Work that is done in lots (micro-batches, rollouts sampled at once) is repeated with lots of half the
size, down to one. The size that fits is kept, also over an interruption, so that memory runs out once
and not at every step.
"""

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

Result = TypeVar("Result")

_CPU_ALLOCATOR = ("DefaultCPUAllocator", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the memory of the device or of the machine is used up."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in _CPU_ALLOCATOR)
    )


class Lots:
    """Sizes of lots by what they are of.

    `smaller` has those that had to be halved; `warn` takes a line for the log.
    """

    def __init__(self, smaller: dict[str, int], warn: Callable[[str], None]) -> None:
        self._smaller = smaller
        self._warn = warn

    def run(
        self, what: str, wanted: int, work: Callable[[int], Result], *, least: int = 1
    ) -> Result:
        """`work(size)`, again with half the size while memory runs out and `least` allows it.

        Random draws of `work` are repeated with it. Raises what `work` raises.
        """
        while True:
            size = min(wanted, self._smaller.get(what, wanted))
            randomness = _Randomness()
            try:
                return work(size)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or size <= least:
                    raise
                why = str(error).split("\n", 1)[0][:200]
            # only here does nothing refer any more to the tensors of what failed
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            randomness.restore()
            self._smaller[what] = max(size // 2, least)
            self._warn(
                f"memory is used up: {self._smaller[what]} {what} from here on, not {size} [{why}]"
            )


class _Randomness:
    """Torch's global generators."""

    def __init__(self) -> None:
        self._cpu = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []

    def restore(self) -> None:
        torch.set_rng_state(self._cpu)
        if self._cuda:
            torch.cuda.set_rng_state_all(self._cuda)
