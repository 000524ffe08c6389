"""The first half of a step: problems, completions and their scores.

With `rollout.dynamic_sampling` (DAPO, arXiv 2503.14476, section 3.2) groups without signal are replaced
by groups of the next problems until every group has one, or `max_resample_times` further rounds were
drawn; then the batch keeps what groups without signal are left. DAPO draws whole batches and throws the
surplus away; a round here draws as many groups as are missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ahora.config import RunConfig
from worker.trainer.advantage import group_advantages
from worker.trainer.batch import Drawn, check_scored, completions, rewards_of
from worker.trainer.clock import Clock
from worker.trainer.data import Problem
from worker.trainer.journal import Journal
from worker.trainer.models import Policy
from worker.trainer.order import Order, derived_seed
from worker.trainer.rewards import Completed, Rewards, Scored
from worker.trainer.rollout import RolloutEngine, Samples, Sampling, concatenated
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

    def select(self, groups: Sequence[int], G: int) -> "Generated":
        """The `groups` (numbers below P), in that order."""
        rows = [group * G + member for group in groups for member in range(G)]
        return Generated(
            problems=[self.problems[group] for group in groups],
            samples=self.samples.select(rows),
            completed=[self.completed[row] for row in rows],
            scored=[self.scored[row] for row in rows],
        )


def joined(parts: Sequence[Generated], pad_token_id: int) -> Generated:
    """The groups of all `parts` one after the other."""
    return Generated(
        problems=[each for part in parts for each in part.problems],
        samples=concatenated([part.samples for part in parts], pad_token_id),
        completed=[each for part in parts for each in part.completed],
        scored=[each for part in parts for each in part.scored],
    )


def replaced(kept: Sequence[int], has_signal: Sequence[bool], first: int) -> list[int]:
    """`kept` with its groups without signal, from the left, replaced by those from number `first` on
    that have one, as far as these go."""
    fresh = (group for group in range(first, len(has_signal)) if has_signal[group])
    return [group if has_signal[group] else next(fresh, group) for group in kept]


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

    def generate(self, state: TrainingState) -> tuple[Generated, Drawn]:
        """The rollouts that the step after `state` trains on, and everything it drew for them.

        Raises StopRequested, and RunError `rewards_unscored`.
        """
        rollout, step = self._config.rollout, state.step + 1
        G, P = rollout.num_generations, rollout.prompts_per_batch
        further = rollout.max_resample_times if rollout.dynamic_sampling else 0
        rounds = [self._round(step, 0, state.position, P)]
        has_signal = self._has_signal(rounds)
        kept = list(range(P))  # of all groups drawn, those the batch is made of
        for number in range(1, further + 1):
            missing = sum(not has_signal[group] for group in kept)
            if not missing:
                break
            drawn_before = len(has_signal)
            rounds.append(self._round(step, number, state.position + drawn_before, missing))
            has_signal = self._has_signal(rounds)
            kept = replaced(kept, has_signal, drawn_before)
        drawn = Drawn(
            completed=[each for part in rounds for each in part.completed],
            scored=[each for part in rounds for each in part.scored],
            num_generations=G,
            rounds=len(rounds),
        )
        if len(rounds) == 1:
            return rounds[0], drawn
        pad_token_id = int(self._policy.tokenizer.pad_token_id)
        return joined(rounds, pad_token_id).select(kept, G), drawn

    def _has_signal(self, rounds: Sequence[Generated]) -> list[bool]:
        """Of each group of `rounds`. Raises RunError `rewards_unscored`."""
        scored = [each for part in rounds for each in part.scored]
        check_scored(self._config, scored)
        G = self._config.rollout.num_generations
        return group_advantages(rewards_of(scored), G, "none").has_signal.tolist()

    def _round(self, step: int, number: int, position: int, count: int) -> Generated:
        """Completions of `count` problems from `position` on, in round `number` (from 0)."""
        rollout = self._config.rollout
        problems = self._order.take(position, count)
        purpose = f"rollout round {number}" if number else "rollout"
        with self._clock.measure("rollout"):
            samples = self._engine.generate(
                [problem.prompt_ids for problem in problems],
                Sampling.of(rollout),
                num_generations=rollout.num_generations,
                seed=derived_seed(self._config.seed, purpose, step),
                check=self._stop.check,
            )
        with self._clock.measure("reward"):
            completed = completions(problems, samples, self._policy.tokenizer)
            scored = self._rewards.score(completed, self._stop.check)
            for line in self._rewards.problems():
                self._journal.log("warning", f"step {step}: {line}")
        return Generated(problems, samples, completed, scored)
