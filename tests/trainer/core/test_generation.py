"""The rollouts of a step, and dynamic sampling."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ahora.config import RunConfig
from tests.trainer.core.bench import Bench
from worker.trainer.batch import Drawn, make_batch
from worker.trainer.clock import Clock
from worker.trainer.data import load_data
from worker.trainer.environment import Environment
from worker.trainer.generation import Generated, Generation, replaced
from worker.trainer.gradient import Update
from worker.trainer.journal import Journal
from worker.trainer.order import Order
from worker.trainer.rewards import Completed, Rewards, Scored
from worker.trainer.rollout import HfEngine, concatenated
from worker.trainer.score import Scores
from worker.trainer.state import TrainingState
from worker.trainer.step_metrics import step_metrics
from worker.trainer.stop import Stop
from worker.trainer.update import Updated

# true of so few completions that a group may have none
RARE = {"kind": "regex", "pattern": "77|88|11", "name": "rare"}
NEVER = {"kind": "regex", "pattern": "%", "name": "never"}

ROLLOUT = {"num_generations": 4, "generation_batch_size": 16, "max_completion_length": 60}

Make = Callable[..., tuple[Generation, Order, RunConfig]]


@pytest.fixture
def make(bench: Bench, environment: Environment, tmp_path: Path) -> Iterator[Make]:
    """Builds a `Generation` on a barely pre-trained model."""
    opened: list[Any] = []

    def build(
        function: dict[str, Any] = RARE, **rollout: Any
    ) -> tuple[Generation, Order, RunConfig]:
        config = bench.config(
            {"rollout": {**ROLLOUT, **rollout}, "rewards": {"functions": [function]}}
        )
        policy = bench.policy
        problems = load_data(config.data, policy.tokenizer, environment, 4).train
        rewards = Rewards(config.rewards, environment)
        journal = Journal(tmp_path / f"events{len(opened)}.jsonl", Stop())
        opened.extend([rewards.__enter__(), journal.__enter__()])
        engine = HfEngine(policy, bench.network)
        clock, order = Clock(torch.device("cpu")), Order(problems, config.seed)
        return (
            Generation(config, policy, engine, order, rewards, clock, journal, Stop()),
            order,
            config,
        )

    yield build
    for each in opened:
        each.__exit__(None, None, None)


def signals(generated: Generated | Drawn) -> list[bool]:
    totals = [each.total for each in generated.scored]
    return [len(set(totals[at : at + 4])) > 1 for at in range(0, len(totals), 4)]


def ids(completed: Any) -> list[str]:
    return [each.problem.id for each in completed[::4]]


def test_which_groups_take_the_places_of_those_without_signal() -> None:
    has_signal = [False, True, False, True, False, True]
    assert replaced([0, 1, 2, 3], has_signal, 4) == [5, 1, 2, 3]
    assert replaced([5, 1, 2, 3], [*has_signal, True], 6) == [5, 1, 6, 3]
    # there may be more of them than places
    assert replaced([0, 1], [True, False, True, True], 2) == [0, 2]


def test_completions_of_several_rounds_stay_what_they_were(bench: Bench) -> None:
    long, short = bench.samples, bench.samples.select([3, 1])
    lengths = long.lengths.tolist()
    assert short.mask.shape[1] == max(lengths[3], lengths[1])
    both = concatenated([short, long], pad_token_id=0)
    for name in ("tokens", "mask", "logprob", "entropy", "truncated"):
        assert torch.equal(getattr(both.select(range(2, 18)), name), getattr(long, name))
        assert torch.equal(getattr(both.select([0, 1]), name), getattr(short, name))
    assert both.token_lists()[0] == long.token_lists()[3]


def test_groups_without_signal_are_replaced_by_groups_of_the_next_problems(make: Make) -> None:
    plain, order, _ = make()
    first, drawn = plain.generate(TrainingState(step=6, position=40))
    assert ids(first.completed) == [problem.id for problem in order.take(40, 4)]
    assert (drawn.rounds, drawn.num_groups, drawn.completed) == (1, 4, first.completed)
    before = signals(first)
    assert 0 < sum(before) < 4

    generation, _, config = make(dynamic_sampling=True, max_resample_times=50)
    found, drawn = generation.generate(TrainingState(step=6, position=40))
    assert signals(found) == [True] * 4
    assert drawn.rounds > 1
    # every problem of the order is drawn once, from the place the step began
    assert ids(drawn.completed) == [each.id for each in order.take(40, drawn.num_groups)]
    # the first round is that of a step without dynamic sampling, and what has a signal stays
    assert drawn.completed[:16] == first.completed
    for slot in range(4):
        if before[slot]:
            assert (
                found.completed[4 * slot : 4 * slot + 4] == first.completed[4 * slot : 4 * slot + 4]
            )
    # the others are the groups with signal of later rounds, in order
    fresh = [each for each, good in zip(ids(drawn.completed), signals(drawn), strict=True) if good]
    placed = [each.id for each, kept in zip(found.problems, before, strict=True) if not kept]
    assert placed == fresh[sum(before) :][: len(placed)]
    # samples, texts and problems belong together
    tokenizer_lengths = [each.num_tokens for each in found.completed]
    assert found.samples.lengths.tolist() == tokenizer_lengths
    assert ids(found.completed) == [problem.id for problem in found.problems]
    batch = make_batch(config, found.problems, found.samples, found.completed, found.scored)
    assert batch.with_gradient.all()

    again, _, _ = make(dynamic_sampling=True, max_resample_times=50)
    repeated, _ = again.generate(TrainingState(step=6, position=40))
    assert repeated.completed == found.completed
    assert torch.equal(repeated.samples.tokens, found.samples.tokens)


def test_at_the_bound_the_batch_keeps_its_groups_without_signal(make: Make) -> None:
    generation, order, _ = make(NEVER, dynamic_sampling=True, max_resample_times=2)
    found, drawn = generation.generate(TrainingState())
    assert (drawn.rounds, drawn.num_groups) == (3, 12)
    assert list(found.problems) == order.take(0, 4)
    assert drawn.completed[:16] == found.completed


def test_rewards_and_lengths_are_those_of_all_groups_drawn(bench: Bench) -> None:
    config = bench.config({"rollout": {**ROLLOUT, "dynamic_sampling": True}})
    batch = bench.batch(config, [1.0, 0.0, 0.0, 0.0] * 3 + [0.0] * 4)

    def drawn_with(rewards: list[float | None]) -> Drawn:
        problem = bench.problems[0]
        return Drawn(
            completed=[Completed(problem, "", 10 + n, n == 0) for n in range(len(rewards))],
            scored=[Scored(total=each, scores={"r": each}) for each in rewards],
            num_generations=4,
            rounds=3,
        )

    updated = Updated(Scores(bench.samples.logprob, bench.samples.entropy), [Update()])
    weights = torch.ones_like(bench.samples.entropy)
    # five groups: two whole ones of 1, one of 0, and two with means 1/4 and 3/4
    rewards = [1.0] * 8 + [0.0] * 4 + [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    values = step_metrics(config, batch, drawn_with(rewards), updated, weights, 1e-3)
    assert values["reward"] == pytest.approx(12 / 20)
    # sum of squares 12 - 20 (12/20)^2 = 4.8
    assert values["reward_std"] == pytest.approx((4.8 / 19) ** 0.5)
    assert values["frac_reward_zero_std"] == pytest.approx(3 / 5)
    # group means 1, 1, 0, 1/4, 3/4 around 3/5: 0.16 + 0.16 + 0.36 + 0.1225 + 0.0225 = 0.825
    assert values["reward_sampling_variance"] == pytest.approx(0.825 / 4 / 5)
    assert values["rewards/r/mean"] == pytest.approx(12 / 20)
    assert values["completions/mean_length"] == pytest.approx(10 + 19 / 2)
    assert values["completions/clipped_ratio"] == pytest.approx(1 / 20)
    assert values["dynamic_sampling/groups"] == 5
    assert values["dynamic_sampling/rounds"] == 3
    # the batch that is trained on has a group without signal, and its own advantages
    assert values["dynamic_sampling/frac_without_signal"] == 0.25
    assert values["advantage/positive_frac"] == 3 / 16
    assert drawn_with(rewards).num_tokens == 20 * 8 + sum(range(10, 30))

    plain = step_metrics(bench.config({}), batch, drawn_with(rewards[:16]), updated, weights, 1e-3)
    assert not [name for name in plain if name.startswith("dynamic_sampling/")]


def test_a_run_with_dynamic_sampling_goes_on_behind_what_it_drew(run: Callable[..., Any]) -> None:
    changes = {
        "rollout": {"dynamic_sampling": True, "max_resample_times": 100},
        "logging": {"rollout_steps": 1, "rollout_groups": 4},
        "rewards": {"functions": [{**RARE, "pattern": "72"}]},
        "max_steps": 2,
    }
    found = run(changes)
    values = found.values()
    tokens = 0.0
    for step in (1, 2):
        groups = values[step]["dynamic_sampling/groups"]
        tokens += groups * 4 * (8 + values[step]["completions/mean_length"])
        assert values[step]["num_tokens"] == pytest.approx(tokens)
        assert values[step]["dynamic_sampling/frac_without_signal"] == 0
    assert sum(values[step]["dynamic_sampling/groups"] for step in (1, 2)) > 8
    events = [event.group for event in found.of("rollout")]
    assert all(group.has_signal for group in events)
    assert len({group.prompt_id for group in events}) == 8
