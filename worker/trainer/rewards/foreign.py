"""Scores by other people's code, which may hang, raise or print: they run in the scoring process."""

import functools
import importlib
import inspect
import json
import logging
import re
from collections.abc import Callable
from typing import Any

Item = dict[str, Any]
"""A completion as JSON: `completion`, `answer`, `question`, `prompt`, `num_tokens`, `truncated`,
`task_entry`."""
Scorer = Callable[[Item], Any]

PYTHON_ARGUMENTS = ("completion", "answer", "question", "prompt", "num_tokens", "truncated")
"""What a Python reward function may ask for by parameter name."""


def make_scorer(spec: dict[str, Any]) -> Scorer:
    """The scorer that `spec` (made by `Rewards`) describes. Raises whatever an import raises."""
    makers: dict[str, Callable[[dict[str, Any]], Scorer]] = {
        "regex": _regex,
        "math_verify": _math_verify,
        "task": _task,
        "python": _python,
    }
    return makers[spec["kind"]](spec)


def _regex(spec: dict[str, Any]) -> Scorer:
    pattern = re.compile(spec["pattern"], re.DOTALL)
    match = pattern.fullmatch if spec["match"] == "fullmatch" else pattern.search
    return lambda item: float(match(item["completion"]) is not None)


def _math_verify(spec: dict[str, Any]) -> Scorer:
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it says that we bound its time

    @functools.lru_cache(maxsize=100_000)
    def reference(answer: str) -> list[Any]:
        marked = any(mark in answer for mark in ("$", "\\boxed", "\\(", "\\["))
        parsed: list[Any] = parse(answer if marked else f"${answer}$", parsing_timeout=None)
        if not parsed:
            raise ValueError(f"math-verify cannot read the reference answer {answer[:80]!r}")
        return parsed

    def score(item: Item) -> float:
        found = parse(item["completion"], parsing_timeout=None)
        return float(verify(reference(item["answer"]), found, timeout_seconds=None))

    return score


def _task(spec: dict[str, Any]) -> Scorer:
    from reasoning_gym.utils import extract_answer

    from worker.trainer.data.gym import gym_dataset

    @functools.lru_cache(maxsize=16)
    def dataset(task: str, options: str, seed: int, size: int) -> Any:
        return gym_dataset(task, json.loads(options), seed, size)

    def score(item: Item) -> Any:
        origin = item["task_entry"]
        options = json.dumps(origin["options"], sort_keys=True)
        problems = dataset(origin["task"], options, origin["seed"], origin["size"])
        completion = item["completion"]
        tagged = extract_answer(completion)
        answer = completion.strip() if tagged is None else tagged
        return problems.score_answer(answer, problems[origin["index"]])

    return score


def _python(spec: dict[str, Any]) -> Scorer:
    module, _, name = spec["target"].partition(":")
    function = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    if not callable(function):
        raise TypeError(f"{spec['target']} is a {type(function).__name__}, not a function")
    parameters = inspect.signature(function).parameters
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    wanted = [name for name in PYTHON_ARGUMENTS if takes_all or name in parameters]
    try:
        inspect.signature(function).bind(**dict.fromkeys(wanted))
    except TypeError as error:
        raise TypeError(
            f"{spec['target']} cannot be called ({error}); parameters are passed by name, out of: "
            f"{', '.join(PYTHON_ARGUMENTS)}"
        ) from error
    return lambda item: function(**{name: item[name] for name in wanted})
