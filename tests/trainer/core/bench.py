"""A policy, a batch with given rewards, and the gradients configurations give on it."""

from typing import Any

import torch
from torch import Tensor

from ahora.config import ModelConfig, RunConfig
from worker.trainer.batch import Batch, completions, make_batch
from worker.trainer.clock import Clock
from worker.trainer.data import load_data
from worker.trainer.environment import Environment
from worker.trainer.gradient import Gradient, Update
from worker.trainer.memory import Lots
from worker.trainer.models import Policy, load_policy
from worker.trainer.network import Network
from worker.trainer.optimizer import make_optimizer, trained_parameters
from worker.trainer.rewards import Scored
from worker.trainer.rollout import Sampling, sample
from worker.trainer.score import Scores
from worker.trainer.scoring import Scorer
from worker.trainer.update import Updater

# of four groups of four: signal, all equal (0.3 rounds), signal, all equal
REWARDS: list[float | None] = [1, 0, 0, 0, 0.3, 0.3, 0.3, 0.3, 0, 1, 0.5, 1, 0, 0, 0, 0]


def never() -> None:
    pass


class Bench:
    """A policy, a batch with given rewards, and the gradients configurations give on it."""

    def __init__(self, environment: Environment, model: dict[str, Any] | None = None) -> None:
        torch.manual_seed(0)
        self.model = ModelConfig(**(model or {}))
        self.policy: Policy = load_policy(
            self.model, torch.device("cpu"), environment, lambda *_: None
        )
        self.policy.model.eval()
        self.network = Network(
            self.policy.model, autocast=self.model.dtype == "bfloat16" and not self.model.use_peft
        )
        config = self.config({})
        self.problems = load_data(config.data, self.policy.tokenizer, environment, 4).held_out
        self.samples = sample(
            self.network,
            [problem.prompt_ids for problem in self.problems],
            Sampling.of(config.rollout),
            num_generations=4,
            stop_token_ids=self.policy.stop_token_ids,
            pad_token_id=0,
            generator=torch.Generator().manual_seed(0),
        )

    def config(self, changes: dict[str, Any]) -> RunConfig:
        rollout = {"num_generations": 4, "generation_batch_size": 16, "max_completion_length": 60}
        return RunConfig.model_validate(
            {"model": {"model_name_or_path": "tiny"}, "rollout": rollout, **changes}
        )

    def batch(self, config: RunConfig, rewards: list[float | None] = REWARDS) -> Batch:
        completed = completions(self.problems, self.samples, self.policy.tokenizer)
        scored = [Scored(total=reward, scores={"r": reward}) for reward in rewards]
        return make_batch(config, self.problems, self.samples, completed, scored)

    def updater(self, config: RunConfig) -> Updater:
        optimizer = make_optimizer(self.policy.model, config.optimizer)
        clock = Clock(torch.device("cpu"))
        self.warnings: list[str] = []
        lots = Lots({}, self.warnings.append)
        return Updater(config, self.policy, self.network, optimizer, clock, lots)

    def gradient(
        self, changes: dict[str, Any], rewards: list[float | None] = REWARDS
    ) -> tuple[Tensor, Update]:
        config = self.config(changes)
        found = self.on_policy(config, self.batch(config, rewards))
        return self.flat_gradient(), found

    def sampled(self) -> Scores:
        return Scores(self.samples.logprob.clone(), self.samples.entropy.clone())

    def on_policy(
        self,
        config: RunConfig,
        batch: Batch,
        part: Tensor | None = None,
        into: Scores | None = None,
    ) -> Update:
        """Set the gradient of a first update."""
        clock = Clock(torch.device("cpu"))
        scorer = Scorer(config, self.network, clock)
        parameters = trained_parameters(self.policy.model)
        whole = torch.ones(len(batch.in_loss), dtype=torch.bool)
        return Gradient(config, self.network, scorer, parameters, clock).of_part(
            batch,
            whole if part is None else part,
            into or self.sampled(),
            None,
            never,
            on_policy=True,
        )

    def flat_gradient(self) -> Tensor:
        trained = [p for p in self.policy.model.parameters() if p.requires_grad]
        return torch.cat([p.grad.flatten().clone() for p in trained if p.grad is not None])

    def weights(self) -> Tensor:
        trained = [p for p in self.policy.model.parameters() if p.requires_grad]
        return torch.cat([p.detach().flatten().clone() for p in trained])


def algorithm(name: str = "grpo", **options: Any) -> dict[str, Any]:
    return {"algorithm": {"name": name, **options}}
