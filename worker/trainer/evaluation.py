"""Pass@1 and pass@k on the held-out problems, always the same ones in the same order."""

from collections.abc import Sequence

from ahora.config import RunConfig
from worker.trainer.batch import completions
from worker.trainer.data import Problem
from worker.trainer.journal import Journal
from worker.trainer.models import Policy
from worker.trainer.order import derived_seed
from worker.trainer.report import is_correct
from worker.trainer.rewards import Completed, Rewards
from worker.trainer.rollout import RolloutEngine, Sampling
from worker.trainer.statistics import pass_at_k
from worker.trainer.stop import Stop


class Evaluator:
    """Evaluates the policy as it is."""

    def __init__(
        self,
        config: RunConfig,
        policy: Policy,
        engine: RolloutEngine,
        problems: Sequence[Problem],
        rewards: Rewards,
        journal: Journal,
        stop: Stop,
    ) -> None:
        self._config = config
        self._policy = policy
        self._engine = engine
        self._problems = problems
        self._rewards = rewards
        self._journal = journal
        self._stop = stop
        self.answers: list[tuple[Completed, bool]] = []
        """The greedy completions of the newest evaluation, and whether each is correct."""

    def evaluate(self, step: int) -> dict[str, float]:
        """The `eval/...` metrics. A completion that cannot be scored counts as not solved.

        Raises StopRequested when the run is asked to stop in the middle.
        """
        config = self._config.evaluation
        samples = config.num_samples
        total = len(self._problems) * (1 + samples)
        greedy, solved = self._decode(self._problems, None, 0, total)
        self.answers = list(zip(greedy, solved, strict=True))
        values = {
            "eval/pass@1": sum(solved) / len(solved),
            "eval/mean_length": sum(each.num_tokens for each in greedy) / len(greedy),
            "eval/clipped_ratio": sum(each.truncated for each in greedy) / len(greedy),
        }
        if samples:
            seed = derived_seed(self._config.seed, "evaluation", step)
            repeated = [problem for problem in self._problems for _ in range(samples)]
            _, solved = self._decode(repeated, seed, len(self._problems), total)
            correct = [
                sum(solved[first : first + samples]) for first in range(0, len(solved), samples)
            ]
            values["eval/sampled_pass@1"] = sum(solved) / len(solved)
            for k in config.pass_k:
                chances = [pass_at_k(samples, c, k) for c in correct]
                values[f"eval/pass@{k}"] = sum(chances) / len(chances)
        return values

    def _decode(
        self,
        problems: Sequence[Problem],
        seed: int | None,
        done: int,
        total: int,
    ) -> tuple[list[Completed], list[bool]]:
        """One completion of each problem, and whether it is correct; greedy without a seed."""
        size = self._config.evaluation.batch_size
        completed: list[Completed] = []
        for start in range(0, len(problems), size):
            self._journal.progress("evaluating", "held-out problems", done + len(completed), total)
            chunk = problems[start : start + size]
            found = self._engine.generate(
                [problem.prompt_ids for problem in chunk],
                Sampling.of(self._config.rollout, greedy=seed is None),
                num_generations=1,
                seed=derived_seed(seed or 0, "chunk", start),
                check=self._stop.check,
            )
            completed += completions(chunk, found, self._policy.tokenizer)
        scored = self._rewards.score(completed, self._stop.check)
        for line in self._rewards.problems():
            self._journal.log("warning", f"evaluation: {line}")
        threshold = self._config.evaluation.threshold
        return completed, [is_correct(each.scores, threshold) for each in scored]
