"""Loads the problems that a configuration names."""

import hashlib
import random
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from ahora.config import (
    ArithmeticData,
    DataConfig,
    Gsm8kData,
    JsonlData,
    MultiplicationData,
    ReasoningGymData,
)
from worker.trainer.data.arithmetic import arithmetic_rows
from worker.trainer.data.gsm8k import gsm8k_rows
from worker.trainer.data.gym import gym_rows
from worker.trainer.data.jsonl import file_sha256, jsonl_files, jsonl_rows
from worker.trainer.data.multiplication import MultiplicationProblems
from worker.trainer.data.problem import Problem, Problems, Row, digest
from worker.trainer.data.prompts import Renderer
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError


def load_data(
    config: DataConfig,
    tokenizer: PreTrainedTokenizerBase,
    environment: Environment,
    eval_limit: int,
) -> Problems:
    """Training problems and at most `eval_limit` held-out ones, rendered for `tokenizer`.

    Raises RunError `dataset_not_found`, `data_invalid`, `no_data`, `config_invalid`,
    `path_not_allowed` or `worker_misconfigured`.
    """
    renderer = Renderer(config.prompt, tokenizer)
    if isinstance(config, MultiplicationData):
        return _multiplication(config, renderer, eval_limit)
    train_rows, held_out_rows, notes = _rows(config, environment, eval_limit)
    train, held_out = (
        _rendered(config, renderer, rows, side, notes)
        for rows, side in ((train_rows, "training"), (held_out_rows, "held-out"))
    )
    held_out = held_out[:eval_limit]
    provenance = _provenance(config, train, held_out, digest(train))
    if isinstance(config, JsonlData):
        provenance["files"] = _file_hashes(config, environment)
    return Problems(
        train=train,
        held_out=held_out,
        provenance=provenance,
        notes=[*renderer.notes(), *notes],
    )


def _rows(
    config: ArithmeticData | Gsm8kData | JsonlData | ReasoningGymData,
    environment: Environment,
    eval_limit: int,
) -> tuple[list[Row], list[Row], list[str]]:
    """Training rows, held-out rows, and lines for the log."""
    if isinstance(config, ArithmeticData):
        return *arithmetic_rows(config), []
    if isinstance(config, ReasoningGymData):
        train, held_out, dropped = gym_rows(config, eval_limit)
        notes = (
            [f"{dropped} generated held-out problems were dropped: they also occur in training"]
            if dropped
            else []
        )
        return train, held_out, notes
    if isinstance(config, Gsm8kData):
        train, held_out = gsm8k_rows(config, environment)
    else:
        train, held_out = jsonl_rows(config, environment)
    known = {row.question for row in train}
    shared = sum(row.question in known for row in held_out)
    notes = [f"{shared} held-out problems also occur in training"] if shared else []
    return train, held_out, notes


def _rendered(
    config: DataConfig, renderer: Renderer, rows: Sequence[Row], side: str, notes: list[str]
) -> list[Problem]:
    problems, too_long = renderer.problems(rows)
    limit = config.prompt.max_prompt_length
    if too_long:
        notes.append(
            f"{too_long} of {len(rows)} {side} problems left out: prompt longer than "
            f"max_prompt_length ({limit} tokens)"
        )
    if not problems:
        remedy = (
            f"all {len(rows)} have prompts longer than data.prompt.max_prompt_length ({limit} "
            "tokens): raise it or shorten the template"
            if rows
            else "the data has none: check its files and options"
        )
        raise RunError("no_data", f"no {side} problem remains; {remedy}")
    return problems


def _file_hashes(config: JsonlData, environment: Environment) -> dict[str, str]:
    """Field to SHA-256 of the file it names: of an uploaded dataset the hash it goes by."""
    files = [file for file in jsonl_files(config, environment) if file is not None]
    return {file.field: file_sha256(file.path) for file in files}


def _provenance(
    config: DataConfig, train: Sequence[Problem], held_out: Sequence[Problem], train_sha256: str
) -> dict[str, object]:
    return {
        "kind": config.kind,
        "train_size": len(train),
        "eval_size": len(held_out),
        "train_sha256": train_sha256,
        "eval_sha256": digest(held_out),
        "template": config.prompt.model_dump(mode="json"),
    }


class _LazyProblems(Sequence[Problem]):
    """Problems rendered one at a time, because there are too many to hold."""

    def __init__(self, source: MultiplicationProblems, renderer: Renderer) -> None:
        self._source = source
        self._renderer = renderer

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, index: int) -> Problem:  # type: ignore[override]
        problem = self._source[index]
        rendered, _ = self._renderer.problems([Row(problem.question, problem.answer)])
        return rendered[0]


def _multiplication(config: MultiplicationData, renderer: Renderer, eval_limit: int) -> Problems:
    train = _LazyProblems(MultiplicationProblems(config.digits, held_out=False), renderer)
    pool = MultiplicationProblems(config.digits, held_out=True)
    rng = random.Random(config.data_seed)  # noqa: S311 (draws problems, not secrets)
    chosen = (pool[index] for index in rng.sample(range(len(pool)), min(eval_limit, len(pool))))
    held_out, _ = renderer.problems([Row(each.question, each.answer) for each in chosen])
    # hundreds of thousands of problems follow from this rule, which therefore stands for them
    rule = f"multiplication 1: {config.digits} digits, {len(train)} problems"
    return Problems(
        train=train,
        held_out=held_out,
        provenance=_provenance(config, train, held_out, hashlib.sha256(rule.encode()).hexdigest()),
        notes=renderer.notes(),
    )
