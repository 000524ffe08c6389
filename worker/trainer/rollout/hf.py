"""The `hf` engine: the policy itself, run by transformers with the sampler of sampler.py."""

from collections.abc import Callable, Sequence

import torch

from worker.trainer.models import Policy
from worker.trainer.network import Network
from worker.trainer.rollout.sampler import sample
from worker.trainer.rollout.samples import Samples
from worker.trainer.rollout.sampling import Sampling


class HfEngine:
    """A `RolloutEngine`."""

    def __init__(self, policy: Policy, network: Network) -> None:
        self._policy = policy
        self._network = network
        self._generator = torch.Generator(device=network.device)

    def sync(self) -> None:
        """Nothing to do: the weights are the policy's own."""

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        num_generations: int,
        seed: int,
        check: Callable[[], None],
    ) -> Samples:
        """See `RolloutEngine.generate`."""
        self._policy.model.eval()
        return sample(
            self._network,
            prompts,
            sampling,
            num_generations=num_generations,
            stop_token_ids=self._policy.stop_token_ids,
            pad_token_id=int(self._policy.tokenizer.pad_token_id),
            generator=self._generator.manual_seed(seed),
            check=check,
        )

    def rest(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held."""
