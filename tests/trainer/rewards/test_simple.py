"""Rewards that run inside the trainer, with numbers worked out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahora.config import ExactTextReward, LengthPenaltyReward
from worker.trainer.data import Problem
from worker.trainer.rewards import Completed
from worker.trainer.rewards.simple import exact_number, exact_text, last_number, length_penalty


def completed(
    text: str, answer: str = "72", num_tokens: int = 5, truncated: bool = False
) -> Completed:
    problem = Problem(id="1", question="q", answer=answer, prompt="q", prompt_ids=(1,))
    return Completed(problem, text, num_tokens, truncated)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("72", "72"),
        ("The answer is 72.", "72"),
        ("12 eggs, so $72.50 a week.", "72.50"),
        ("#### 1,234,567", "1234567"),
        ("1,234.5 apples", "1234.5"),
        ("the list 1,2,3", "3"),
        ("1,2345", "2345"),
        ("it is -5", "-5"),
        ("it is \u22125", "-5"),
        ("+5", "5"),
        ("8-5", "5"),
        ("8 - 5", "5"),
        ("(3)-5", "5"),
        ("8 - 5 = -3", "-3"),
        ("8-5=-3", "-3"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("0.50", "0.5"),
        ("\\boxed{42}", "42"),
        ("2*3=6", "6"),
        ("1e3", "1000"),
        ("2.5E-2", "0.025"),
        ("50%", "50"),
        ("3 eggs", "3"),
        ("1/2", "2"),
        ("007", "7"),
        ("", None),
        ("no digits, only -. and ,", None),
    ],
)
def test_last_number(text: str, number: str | None) -> None:
    assert last_number(text) == (None if number is None else Decimal(number))


@given(st.integers(-(10**15), 10**15), st.booleans())
def test_every_integer_is_read_back_with_or_without_commas(value: int, commas: bool) -> None:
    assert last_number(f"so it is {value:,}." if commas else f"so it is {value}.") == value


@given(st.text(alphabet="0123456789+-.,eE ()x", max_size=60))
def test_no_text_makes_last_number_raise(text: str) -> None:
    last_number(text)


@pytest.mark.parametrize(
    ("text", "answer", "score"),
    [
        ("so 72", "72", 1.0),
        ("so 72.0", "72", 1.0),
        ("72 or 73", "72", 0.0),
        ("1,000", "1000", 1.0),
        ("1000", "1,000", 1.0),
        ("-3", "3", 0.0),
        ("none", "72", 0.0),
    ],
)
def test_exact_number(text: str, answer: str, score: float) -> None:
    assert exact_number(completed(text, answer)) == score


def test_exact_number_needs_a_number_in_the_reference() -> None:
    with pytest.raises(ValueError, match="'Paris' has no number: use exact_text or math_verify"):
        exact_number(completed("72", "Paris"))


@pytest.mark.parametrize(
    ("text", "marker", "truncated", "score"),
    [
        ("1*2+0=2>72", ">", False, 1.0),
        ("1>2> 72 ", ">", False, 1.0),
        ("1>72", ">", True, 0.0),
        ("72", ">", False, 0.0),
        ("72>", ">", False, 0.0),
        ("72>7", ">", False, 0.0),
        ("the answer is: 72", "answer is:", False, 1.0),
        (" 72", "", False, 1.0),
        ("is 72", "", False, 0.0),
        ("72", "", True, 0.0),
    ],
)
def test_exact_text(text: str, marker: str, truncated: bool, score: float) -> None:
    config = ExactTextReward(marker=marker)
    assert exact_text(config, completed(text, truncated=truncated)) == score


@pytest.mark.parametrize(
    ("tokens", "score"),
    [(1, 0.0), (100, 0.0), (101, -0.02), (125, -0.5), (149, -0.98), (150, -1.0), (400, -1.0)],
)
def test_length_penalty(tokens: int, score: float) -> None:
    config = LengthPenaltyReward(soft_limit=100, hard_limit=150)
    assert length_penalty(config, completed("x", num_tokens=tokens)) == pytest.approx(score)
