"""Problems from JSONL files: one JSON object a line."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ahora.config import JsonlData
from worker.trainer.data.problem import Row
from worker.trainer.environment import Environment, inside
from worker.trainer.errors import RunError

MAX_LINE_BYTES = 1_000_000
MAX_ROWS = 5_000_000


def jsonl_rows(config: JsonlData, environment: Environment) -> tuple[list[Row], list[Row]]:
    """Training and held-out rows.

    Without `eval_path` the questions are split by their hash with `data_seed`, so that equal ones fall
    on the same side and the order of the file does not matter.
    """
    rows = _read(config, config.path, "data.path", environment)
    if config.eval_path is not None:
        return rows, _read(config, config.eval_path, "data.eval_path", environment)

    def rank(question: str) -> bytes:
        return hashlib.sha256(f"{config.data_seed}\n{question}".encode()).digest()

    questions = sorted({row.question for row in rows}, key=rank)
    if len(questions) < 2:
        raise RunError(
            "data_invalid",
            f"data.path {config.path!r} has {len(questions)} distinct question(s), too few to hold "
            "some out: add lines, or name a file in data.eval_path",
        )
    count = min(max(round(len(questions) * config.held_out_fraction), 1), len(questions) - 1)
    held_out = set(questions[:count])
    chosen = sorted(
        (row for row in rows if row.question in held_out), key=lambda r: rank(r.question)
    )
    return [row for row in rows if row.question not in held_out], chosen


def _read(config: JsonlData, relative: str, field: str, environment: Environment) -> list[Row]:
    path = inside(environment.data_root, relative, "AHORA_DATA_ROOT", field)
    columns = (config.prompt_column, config.answer_column)
    return [
        Row(_text(entry, columns[0], where), _text(entry, columns[1], where))
        for where, entry in read_objects(path, field)
    ]


def read_objects(path: Path, field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place (for messages) and object; blank lines are passed over.

    Raises RunError `dataset_not_found` or `data_invalid`, with the line's number.
    """
    if not path.is_file():
        raise RunError(
            "dataset_not_found",
            f"{field} names {path.name!r}, but there is no such file under the worker's data root: "
            "put it there or correct the path",
        )
    with path.open("rb") as file:
        for number in range(1, MAX_ROWS + 2):
            line = file.readline(MAX_LINE_BYTES + 1)
            if not line:
                return
            where = f"{field}: {path.name} line {number}"
            if len(line) > MAX_LINE_BYTES:
                raise RunError(
                    "data_invalid", f"{where} is longer than {MAX_LINE_BYTES:,} bytes: shorten it"
                )
            if line.strip():
                yield where, _object(line, where)
    raise RunError(
        "data_invalid", f"{field}: {path.name} has more than {MAX_ROWS:,} lines: split it"
    )


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RunError(
            "data_invalid", f"{where} is not JSON in UTF-8 ({error}): write one object a line"
        ) from error
    if not isinstance(entry, dict):
        raise RunError(
            "data_invalid", f"{where} is a JSON {type(entry).__name__}, not an object in braces"
        )
    if b"\\ud" in line.lower():  # perhaps a surrogate without its other half, which is no text
        try:
            json.dumps(entry, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise RunError(
                "data_invalid",
                f"{where} has half of a surrogate pair ({error.object[error.start]!a}): write "
                "the character itself, in UTF-8",
            ) from error
    return entry


def _text(entry: dict[str, Any], column: str, where: str) -> str:
    if column not in entry:
        raise RunError(
            "data_invalid",
            f"{where} has no key {column!r}, only {', '.join(map(repr, list(entry)[:10]))}: correct "
            "the line, or data.prompt_column and data.answer_column",
        )
    value = entry[column]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RunError(
            "data_invalid",
            f"{where}: {column!r} is a {type(value).__name__}; it must be a text or a number",
        )
    return str(value)
