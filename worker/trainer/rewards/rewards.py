"""Scores completions with all configured functions."""

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ahora.config import (
    ExactNumberReward,
    ExactTextReward,
    LengthPenaltyReward,
    PythonReward,
    RewardsConfig,
)
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.rewards.completion import Completed, Scored
from worker.trainer.rewards.process import ScoringProcess, StartError
from worker.trainer.rewards.simple import simple_score

_MAX_REASONS = 3
"""Distinct reasons that `Rewards.problems` quotes for a function."""


class Rewards:
    """The reward functions of a run; a context manager that owns their process.

    Raises RunError `config_invalid` when a Python function is not among those the worker allows.
    """

    def __init__(self, config: RewardsConfig, environment: Environment) -> None:
        self._config = config
        self._specs = {
            index: _spec(index, function, environment)
            for index, function in enumerate(config.functions)
            if not isinstance(function, ExactNumberReward | ExactTextReward | LengthPenaltyReward)
        }
        self._place = {index: place for place, index in enumerate(self._specs)}
        self._process = ScoringProcess(list(self._specs.values())) if self._specs else None
        self._reasons: dict[str, Counter[str]] = {}

    def __enter__(self) -> "Rewards":
        if self._process is not None:
            self._process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.close()

    def score(
        self, completions: list[Completed], check: Callable[[], None] = lambda: None
    ) -> list[Scored]:
        """The scores of each completion, in order.

        `check` is called while scores are waited for, and may raise to give up.

        A score that raises, hangs or is no finite number is None. Once a function hung on a larger
        share than `max_unscored_frac` the run is bound to fail, so its other scores are not waited for.

        Raises RunError `worker_misconfigured` when a function cannot be imported.
        """
        columns: dict[str, list[float | None]] = {}
        for index, function in enumerate(self._config.functions):
            columns[function.label] = self._column(index, completions, check)
        rows = [
            {label: column[place] for label, column in columns.items()}
            for place in range(len(completions))
        ]
        return [Scored(self._total(row), row) for row in rows]

    def problems(self) -> list[str]:
        """Lines for the log about scores that failed since the last call: how many, and why."""
        lines = []
        for label, reasons in self._reasons.items():
            shown = "; ".join(f"{why} ({n}x)" for why, n in reasons.most_common(_MAX_REASONS))
            more = len(reasons) - _MAX_REASONS
            lines.append(
                f"reward {label!r} left {reasons.total()} completions unscored: {shown}"
                + (f"; and {more} other reasons" if more > 0 else "")
            )
        self._reasons.clear()
        return lines

    def _total(self, row: dict[str, float | None]) -> float | None:
        total = 0.0
        for function in self._config.functions:
            score = row[function.label]
            if score is None:
                return None
            total += function.weight * score
        return total

    def _column(
        self, index: int, completions: list[Completed], check: Callable[[], None]
    ) -> list[float | None]:
        function = self._config.functions[index]
        if isinstance(function, ExactNumberReward | ExactTextReward | LengthPenaltyReward):
            return [self._simple(function, completed) for completed in completions]
        assert self._process is not None
        max_hangs = int(self._config.max_unscored_frac * len(completions))
        items = [_item(completed) for completed in completions]
        try:
            answers = self._process.score(
                self._place[index], items, self._config.timeout, max_hangs, check
            )
        except StartError as error:
            raise self._cannot_start(error) from error
        for answer in answers:
            if "error" in answer:
                self._note(function.label, answer["error"])
        return [answer.get("score") for answer in answers]

    def _simple(
        self,
        function: ExactNumberReward | ExactTextReward | LengthPenaltyReward,
        completed: Completed,
    ) -> float | None:
        try:
            return simple_score(function, completed)
        except ValueError as error:
            self._note(function.label, str(error))
            return None

    def _note(self, label: str, reason: str) -> None:
        self._reasons.setdefault(label, Counter())[reason] += 1

    def _cannot_start(self, error: StartError) -> RunError:
        if error.function is None:
            return RunError("worker_misconfigured", str(error))
        index = list(self._specs)[error.function]
        function = self._config.functions[index]
        if isinstance(function, PythonReward):
            return RunError(
                "worker_misconfigured",
                f"rewards.functions.{index}.function {function.function!r} cannot be used: {error}. "
                "Correct AHORA_REWARD_FUNCTIONS or the module on the worker (its folder must be on "
                "PYTHONPATH), then restart the worker",
            )
        return RunError(
            "worker_misconfigured",
            f"rewards.functions.{index} ({function.kind}) cannot be used on this worker: {error}. "
            "Install the worker's packages again (make setup)",
        )


def _spec(index: int, function: Any, environment: Environment) -> dict[str, Any]:
    spec: dict[str, Any] = function.model_dump(mode="json")
    if isinstance(function, PythonReward):
        allowed = environment.reward_functions
        if function.function not in allowed:
            known = ", ".join(sorted(allowed)) or "none: its owner sets AHORA_REWARD_FUNCTIONS"
            raise RunError(
                "config_invalid",
                f"rewards.functions.{index}.function {function.function!r} is not among the functions "
                f"this worker allows ({known})",
            )
        spec["target"] = allowed[function.function]
    return spec


def _item(completed: Completed) -> dict[str, Any]:
    problem = completed.problem
    return {
        "completion": completed.text,
        "answer": problem.answer,
        "question": problem.question,
        "prompt": problem.prompt,
        "num_tokens": completed.num_tokens,
        "truncated": completed.truncated,
        "task_entry": problem.task_entry,
    }
