"""Scores that are quick and cannot hang: they run inside the trainer."""

import re
from decimal import Decimal

from ahora.config import ExactNumberReward, ExactTextReward, LengthPenaltyReward
from worker.trainer.rewards.completion import Completed

_NUMBER = re.compile(
    r"(?:(?<![0-9A-Za-z_.)\]])[-+\u2212])?"  # a sign, but not the minus of "8-5"
    r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"  # digits, with commas of thousands or without
    r"(?:\.[0-9]+)?|\.[0-9]+)"  # decimals
    r"(?:[eE][-+]?[0-9]{1,3}(?![0-9A-Za-z]))?"
)


def last_number(text: str) -> Decimal | None:
    """The last number in `text`: sign, commas of thousands, decimals and exponent understood."""
    found = _NUMBER.findall(text)
    return Decimal(found[-1].replace(",", "").replace("\u2212", "-")) if found else None


def exact_number(completed: Completed) -> float:
    """1 when the last number equals the last of the reference answer, else 0.

    Raises ValueError when the reference answer has no number.
    """
    reference = last_number(completed.problem.answer)
    if reference is None:
        raise ValueError(
            f"the reference answer {completed.problem.answer[:80]!r} has no number: use exact_text "
            "or math_verify for such data"
        )
    return float(last_number(completed.text) == reference)


def exact_text(config: ExactTextReward, completed: Completed) -> float:
    """1 when the text after the last marker is the reference answer and the completion ended."""
    _, marker, answer = completed.text.rpartition(config.marker or "\0")
    if config.marker and not marker:
        return 0.0
    answer = answer if config.marker else completed.text
    return float(not completed.truncated and answer.strip() == completed.problem.answer.strip())


def length_penalty(config: LengthPenaltyReward, completed: Completed) -> float:
    """DAPO's soft overlong punishment (arXiv 2503.14476, eq. 13), in [-1, 0]."""
    if completed.num_tokens <= config.soft_limit:
        return 0.0
    over = completed.num_tokens - config.soft_limit
    return max(-over / (config.hard_limit - config.soft_limit), -1.0)


def simple_score(
    config: ExactNumberReward | ExactTextReward | LengthPenaltyReward, completed: Completed
) -> float:
    """The score of a function that runs inside the trainer. Raises ValueError for data it cannot use."""
    if isinstance(config, ExactNumberReward):
        return exact_number(completed)
    if isinstance(config, ExactTextReward):
        return exact_text(config, completed)
    return length_penalty(config, completed)
