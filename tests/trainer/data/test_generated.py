"""Generated problems: right answers, and held-out ones that training cannot know."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from ahora.config import ArithmeticData, MultiplicationData, ReasoningGymData
from worker.trainer.data import load_data
from worker.trainer.data.arithmetic import arithmetic_rows, unordered_pair
from worker.trainer.data.gym import gym_dataset, gym_rows
from worker.trainer.data.multiplication import ALPHABET, Multiplication, MultiplicationProblems
from worker.trainer.data.problem import Row
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models.tiny import tiny_tokenizer


def operands(row: Row) -> tuple[int, int]:
    left, _, right = row.question.split()
    return int(left), int(right)


def pairs(rows: list[Row]) -> set[tuple[int, ...]]:
    return {tuple(sorted(operands(row))) for row in rows}


def test_unordered_pairs_are_counted_once_each() -> None:
    counted = [unordered_pair(index) for index in range(15)]
    assert counted[:6] == [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)]
    assert len(set(counted)) == 15
    assert unordered_pair(10**18)[0] <= unordered_pair(10**18)[1]


@given(
    st.sampled_from(["add", "subtract", "multiply"]),
    st.integers(0, 50),
    st.integers(1, 30),
    st.floats(0.05, 0.95),
    st.integers(0, 1000),
)
def test_a_pair_never_lies_on_both_sides(
    operation: str, low: int, span: int, share: float, seed: int
) -> None:
    config = ArithmeticData.model_validate(
        {
            "operation": operation,
            "min_operand": low,
            "max_operand": low + span,
            "held_out_fraction": share,
            "data_seed": seed,
        }
    )
    train, held_out = arithmetic_rows(config)
    assert train
    assert held_out
    assert not pairs(train) & pairs(held_out)
    everything = {operands(row) for row in train + held_out}
    assert len(everything) == len(train + held_out) == (span + 1) ** 2


@pytest.mark.parametrize(
    ("operation", "sign", "function"),
    [
        ("add", "+", int.__add__),
        ("subtract", "-", int.__sub__),
        ("multiply", "*", int.__mul__),
    ],
)
def test_the_answers_are_right(operation: str, sign: str, function: object) -> None:
    train, held_out = arithmetic_rows(ArithmeticData.model_validate({"operation": operation}))
    for row in train + held_out:
        assert row.question.split()[1] == sign
        assert callable(function)
        assert row.answer == str(function(*operands(row)))


def test_a_range_too_wide_to_list_is_sampled() -> None:
    train, held_out = arithmetic_rows(ArithmeticData(max_operand=10**9))
    assert 39_000 < len(train + held_out) <= 40_000
    assert not pairs(train) & pairs(held_out)


def test_the_split_is_the_data_seeds() -> None:
    same = [arithmetic_rows(ArithmeticData(data_seed=1)) for _ in range(2)]
    assert same[0] == same[1]
    assert arithmetic_rows(ArithmeticData(data_seed=2)) != same[0]


def test_the_worked_example_of_multiplication() -> None:
    problem = Multiplication(48271, 6)
    assert problem.question == "48271*6="
    assert problem.solution() == "1*6+0=6,7*6+0=42,2*6+4=16,8*6+1=49,4*6+4=28>289626"


@given(st.integers(10, 99_999), st.integers(2, 9))
def test_every_scratchpad_ends_in_the_product(factor: int, multiplier: int) -> None:
    problem = Multiplication(factor, multiplier)
    assert problem.solution().rpartition(">")[2] == problem.answer == str(factor * multiplier)
    assert set(problem.question + problem.solution()) <= set(ALPHABET)


def test_the_teacher_is_sloppy_as_often_as_the_recipe_says() -> None:
    # 99999 * 9 carries 8 four times, each dropped with probability 0.07 * 10: never, once in 123
    problem, rng = Multiplication(99999, 9), random.Random(0)
    right = sum(problem.sloppy_solution(rng) == problem.solution() for _ in range(3000))
    assert 10 <= right <= 45
    no_carry = Multiplication(11111, 9)
    assert all(no_carry.sloppy_solution(rng) == no_carry.solution() for _ in range(50))


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_the_two_sides_of_multiplication_are_all_problems_once(digits: int) -> None:
    train, held_out = (list(MultiplicationProblems(digits, side)) for side in (False, True))
    assert len(set(train) | set(held_out)) == len(train) + len(held_out)
    assert len(train) + len(held_out) == 9 * 10 ** (digits - 1) * 8
    assert len(held_out) == (len(train) + len(held_out)) // 5
    assert {each.multiplier for each in held_out} == set(range(2, 10))


def test_positions_are_a_fair_walk_through_the_factors() -> None:
    problems = MultiplicationProblems(5, held_out=True)
    first = sorted(problems[index].factor for index in range(500))
    assert max(b - a for a, b in pairwise(first)) < 1000  # 90,000 / 500 = 180 on average


def test_multiplication_problems_as_the_trainer_gets_them(environment: Environment) -> None:
    tokenizer = tiny_tokenizer()
    problems = load_data(MultiplicationData(), tokenizer, environment, eval_limit=16)
    again = load_data(MultiplicationData(), tokenizer, environment, eval_limit=16)
    other = load_data(MultiplicationData(data_seed=1), tokenizer, environment, eval_limit=16)
    assert problems.held_out == again.held_out != other.held_out
    assert problems.provenance == again.provenance
    assert (len(problems.train), len(problems.held_out)) == (576_000, 16)
    first = problems.train[0]
    assert first.prompt == first.question == tokenizer.decode(first.prompt_ids)
    assert problems.notes == []


def test_reasoning_gym_repeats_and_holds_out() -> None:
    config = ReasoningGymData(task="basic_arithmetic", size=40, data_seed=3)
    train, held_out, _ = gym_rows(config, eval_limit=10)
    assert (train, held_out) == gym_rows(config, eval_limit=10)[:2]
    assert (len(train), len(held_out)) == (40, 10)
    assert not {row.question for row in train} & {row.question for row in held_out}
    for row in (train[7], held_out[9]):
        origin = row.task_entry
        assert origin is not None
        dataset = gym_dataset(origin["task"], origin["options"], origin["seed"], origin["size"])
        assert dataset[origin["index"]]["question"] == row.question


def test_held_out_problems_that_training_knows_are_dropped(
    environment: Environment, plain: PreTrainedTokenizerFast
) -> None:
    options = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}
    config = ReasoningGymData(task="chain_sum", size=60, task_options=options)
    problems = load_data(config, plain, environment, eval_limit=50)
    train = {problem.question for problem in problems.train}
    assert not train & {problem.question for problem in problems.held_out}
    assert len({problem.question for problem in problems.held_out}) == len(problems.held_out)
    assert any("were dropped: they also occur in training" in note for note in problems.notes)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"task": "chain_sums"}, r"data\.task 'chain_sums' is no .*closest are: chain_sum"),
        ({"task_options": {"terms": 3}}, r"data\.task_options has terms, .*it takes: .*max_terms"),
        ({"task_options": {"seed": 3}}, r"data\.task_options has seed"),
        ({"task_options": {"max_terms": 1}}, r"data\.task_options does not suit 'chain_sum'"),
        ({"task_options": {"max_terms": "x"}}, r"data\.task_options does not suit 'chain_sum'"),
    ],
)
def test_a_reasoning_gym_task_that_does_not_exist_or_fit(
    fields: dict[str, object], reason: str
) -> None:
    config = ReasoningGymData.model_validate(fields)
    with pytest.raises(RunError, match=reason) as caught:
        gym_rows(config, eval_limit=1)
    assert caught.value.error_type == "config_invalid"
