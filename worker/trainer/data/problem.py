"""Problems: a question, its reference answer, and the prompt made of it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A question and its answer, before a prompt is made of it."""

    question: str
    answer: str
    task_entry: dict[str, Any] | None = None


@dataclass(frozen=True)
class Problem:
    """One thing to solve, as the model reads it."""

    id: str
    """Hash of the question: stays the same across runs, seeds and templates."""
    question: str
    answer: str
    """The reference answer."""
    prompt: str
    """The rendered prompt."""
    prompt_ids: tuple[int, ...]
    """Its token ids."""
    task_entry: dict[str, Any] | None = None
    """Where a reasoning-gym problem came from (see `worker.trainer.data.gym`); JSON types only."""


@dataclass(frozen=True)
class Problems:
    """What a run trains on and what it is evaluated on."""

    train: Sequence[Problem]
    held_out: Sequence[Problem]
    """In the order they are evaluated; none is trained on unless a note says so."""
    provenance: dict[str, Any]
    """`kind`, `train_size`, `eval_size`, `train_sha256`, `eval_sha256`, `template`."""
    notes: list[str]
    """Lines for the run's log, such as how many rows were left out."""


def problem_id(question: str) -> str:
    """Sixteen hexadecimal digits that stand for the question."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def digest(rows: Iterable[Row | Problem]) -> str:
    """SHA-256 over questions and answers in their order."""
    total = hashlib.sha256()
    for row in rows:
        for text in (row.question, row.answer):
            encoded = text.encode()
            total.update(len(encoded).to_bytes(8) + encoded)
    return total.hexdigest()
