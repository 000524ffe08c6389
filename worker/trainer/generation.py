"""The first half of a step: problems, completions and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from ahora.config import RunConfig
from worker.trainer.batch import completions
from worker.trainer.clock import Clock
from worker.trainer.data import Problem
from worker.trainer.journal import Journal
from worker.trainer.models import Policy
from worker.trainer.order import Order, derived_seed
from worker.trainer.rewards import Completed, Rewards, Scored
from worker.trainer.rollout import RolloutEngine, Samples, Sampling
from worker.trainer.state import TrainingState
from worker.trainer.stop import Stop


@dataclass(frozen=True)
class Generated:
    """P problems with G scored completions each, B = P x G."""

    problems: Sequence[Problem]
    """(P,)"""
    samples: Samples
    completed: Sequence[Completed]
    """(B,)"""
    scored: Sequence[Scored]
    """(B,)"""
    position: int
    """The place in the order that the next step goes on from."""


class Generation:
    """Makes the rollouts of a step."""

    def __init__(
        self,
        config: RunConfig,
        policy: Policy,
        engine: RolloutEngine,
        order: Order,
        rewards: Rewards,
        clock: Clock,
        journal: Journal,
        stop: Stop,
    ) -> None:
        self._config = config
        self._policy = policy
        self._engine = engine
        self._order = order
        self._rewards = rewards
        self._clock = clock
        self._journal = journal
        self._stop = stop

    def generate(self, state: TrainingState) -> Generated:
        """The rollouts of the step after `state`. Raises StopRequested."""
        rollout, step = self._config.rollout, state.step + 1
        problems = self._order.take(state.position, rollout.prompts_per_batch)
        with self._clock.measure("rollout"):
            samples = self._engine.generate(
                [problem.prompt_ids for problem in problems],
                Sampling.of(rollout),
                num_generations=rollout.num_generations,
                seed=derived_seed(self._config.seed, "rollout", step),
                check=self._stop.check,
            )
        with self._clock.measure("reward"):
            completed = completions(problems, samples, self._policy.tokenizer)
            scored = self._rewards.score(completed)
            for line in self._rewards.problems():
                self._journal.log("warning", f"step {step}: {line}")
        return Generated(
            problems, samples, completed, scored, state.position + rollout.prompts_per_batch
        )
