"""Problems that reasoning-gym generates (github.com/open-thought/reasoning-gym)."""

import dataclasses
import difflib
from typing import Any

from ahora.config import ReasoningGymData
from worker.trainer.data.problem import Row
from worker.trainer.errors import RunError

_HELD_OUT_SEED_OFFSET = 1_000_003
_MAX_TRIES = 5
"""Held-out problems are drawn at most so many times their wanted number, to replace those that also
occur in training."""


def gym_rows(config: ReasoningGymData, eval_limit: int) -> tuple[list[Row], list[Row], int]:
    """Training rows, held-out rows, and how many of the latter were dropped as known from training."""
    train = _generate(config, config.data_seed, config.size)
    known = {row.question for row in train}
    candidates = _generate(
        config, config.data_seed + _HELD_OUT_SEED_OFFSET, eval_limit * _MAX_TRIES, known, eval_limit
    )
    fresh = list({row.question: row for row in candidates if row.question not in known}.values())
    return train, fresh[:eval_limit], len(candidates) - len(fresh)


def gym_dataset(task: str, options: dict[str, Any], seed: int, size: int) -> Any:
    """The task's dataset: item i is a function of these arguments and i alone.

    Raises RunError `config_invalid` naming the field.
    """
    from reasoning_gym.factory import DATASETS, create_dataset  # loads a hundred task modules

    if task not in DATASETS:
        close = difflib.get_close_matches(task, DATASETS, n=5, cutoff=0.4)
        raise RunError(
            "config_invalid",
            f"data.task {task!r} is no reasoning-gym task; the closest are: "
            + (", ".join(close) or ", ".join(sorted(DATASETS)[:10])),
        )
    known = {field.name for field in dataclasses.fields(DATASETS[task][1])} - {"seed", "size"}
    unknown = sorted(set(options) - known)
    if unknown:
        raise RunError(
            "config_invalid",
            f"data.task_options has {', '.join(unknown)}, which {task!r} does not take; it takes: "
            f"{', '.join(sorted(known))} (seed and size have fields of their own)",
        )
    try:
        return create_dataset(task, seed=seed, size=size, **options)
    except (AssertionError, TypeError, ValueError) as error:
        raise RunError(
            "config_invalid",
            f"data.task_options does not suit {task!r}: {error or type(error).__name__}",
        ) from error


def _generate(
    config: ReasoningGymData,
    seed: int,
    size: int,
    known: set[str] | None = None,
    wanted: int | None = None,
) -> list[Row]:
    dataset = gym_dataset(config.task, config.task_options, seed, size)
    rows: list[Row] = []
    fresh: set[str] = set()
    for index in range(size):
        try:
            entry = dataset[index]
        except Exception as error:  # the generators are other people's code
            raise RunError(
                "data_invalid",
                f"reasoning-gym task {config.task!r} failed to generate problem {index} "
                f"({type(error).__name__}: {error}): change data.task_options or data.task",
            ) from error
        origin = {
            "task": config.task,
            "options": config.task_options,
            "seed": seed,
            "size": size,
            "index": index,
        }
        rows.append(Row(str(entry["question"]), str(entry["answer"]), origin))
        if wanted is not None and known is not None and rows[-1].question not in known:
            fresh.add(rows[-1].question)
            if len(fresh) == wanted:
                break
    return rows
