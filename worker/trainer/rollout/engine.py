"""The one interface of rollout engines: what samples completions from the policy.

`hf` (hf.py) runs the policy itself with transformers; `vllm` (vllm.py) samples from a copy of it. Shapes:
see `Samples`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from worker.trainer.rollout.samples import Samples
from worker.trainer.rollout.sampling import Sampling


class RolloutEngine(Protocol):
    """Samples from the policy as it was at the last `sync`."""

    def sync(self) -> None:
        """Take over the policy's weights: called after they changed and before the next `generate`."""

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        num_generations: int,
        seed: int,
        check: Callable[[], None],
    ) -> Samples:
        """`num_generations` completions of each of `prompts` (token ids), drawn from `seed` alone.

        `check` is called often and may raise to abandon the batch. Raises RunError.
        """

    def rest(self) -> None:
        """Free what only sampling needs until the next `sync`: the policy is about to be trained."""

    def close(self) -> None:
        """Free what the engine holds."""
