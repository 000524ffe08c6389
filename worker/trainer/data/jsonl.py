"""Problems from JSONL files: one JSON object a line."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ahora.config import JsonlData
from ahora.jsonl import MAX_LINE_BYTES, MAX_ROWS, parse_line, text_of
from worker.trainer.data.problem import Row
from worker.trainer.environment import Environment, inside
from worker.trainer.errors import RunError


def jsonl_rows(config: JsonlData, environment: Environment) -> tuple[list[Row], list[Row]]:
    """Training and held-out rows.

    Without a file of held-out problems the questions are split by their hash with `data_seed`, so that
    equal ones fall on the same side and the order of the file does not matter.
    """
    train, other = jsonl_files(config, environment)
    rows = _read(config, train)
    if other is not None:
        return rows, _read(config, other)

    def rank(question: str) -> bytes:
        return hashlib.sha256(f"{config.data_seed}\n{question}".encode()).digest()

    questions = sorted({row.question for row in rows}, key=rank)
    if len(questions) < 2:
        raise RunError(
            "data_invalid",
            f"{train.field} {train.name!r} has {len(questions)} distinct question(s), too few to hold "
            "some out: add lines, or name held-out problems in data.eval_path or data.eval_dataset",
        )
    count = min(max(round(len(questions) * config.held_out_fraction), 1), len(questions) - 1)
    held_out = set(questions[:count])
    chosen = sorted(
        (row for row in rows if row.question in held_out), key=lambda r: rank(r.question)
    )
    return [row for row in rows if row.question not in held_out], chosen


class File(NamedTuple):
    """A file of problems."""

    path: Path
    field: str
    """Field of the configuration that names it."""
    name: str
    """As the configuration has it."""


def jsonl_files(config: JsonlData, environment: Environment) -> tuple[File, File | None]:
    """The file of training problems, and that of held-out ones if there is one.

    Raises RunError `dataset_not_found`, `path_not_allowed` or `worker_misconfigured`.
    """
    train = _file(config.path, config.dataset, "", environment)
    if train is None:
        raise RunError(
            "config_invalid", "neither data.path nor data.dataset names a file: give one of them"
        )
    return train, _file(config.eval_path, config.eval_dataset, "eval_", environment)


def _file(
    path: str | None, dataset: str | None, prefix: str, environment: Environment
) -> File | None:
    if dataset is not None:
        field = f"data.{prefix}dataset"
        return File(_uploaded(dataset, field, environment), field, dataset)
    if path is None:
        return None
    field = f"data.{prefix}path"
    return File(inside(environment.data_root, path, "AHORA_DATA_ROOT", field), field, path)


def _uploaded(sha256: str, field: str, environment: Environment) -> Path:
    """The uploaded file with this hash, which the supervisor has fetched."""
    folder = environment.datasets
    path = None if folder is None else folder / f"{sha256}.jsonl"
    if path is None or not path.is_file():
        raise RunError(
            "dataset_not_found",
            f"{field} names the uploaded dataset {sha256[:12]}..., which is not in "
            f"{folder or 'AHORA_DATASETS (not set)'}: a worker fetches it before a run; from a shell, "
            "put the file there as HASH.jsonl",
        )
    if file_sha256(path) != sha256:
        raise RunError(
            "data_invalid", f"{field}: {path} is not what was uploaded (its hash differs)"
        )
    return path


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes: of an uploaded dataset its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(config: JsonlData, file: File) -> list[Row]:
    columns = (config.prompt_column, config.answer_column)
    rows = []
    for where, entry in read_objects(file.path, file.field):
        try:
            rows.append(Row(text_of(entry, columns[0]), text_of(entry, columns[1])))
        except ValueError as error:
            raise RunError(
                "data_invalid",
                f"{where} {error}: correct the line, or data.prompt_column and data.answer_column",
            ) from error
    return rows


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
            if line.strip():
                try:
                    entry = parse_line(line)
                except ValueError as error:
                    raise RunError("data_invalid", f"{where} {error}") from error
                yield where, entry
    raise RunError(
        "data_invalid", f"{field}: {path.name} has more than {MAX_ROWS:,} lines: split it"
    )
