"""The files of uploaded datasets: `HOME/datasets/SHA256.jsonl`, written once and never changed."""

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ahora.config.errors import FieldError
from ahora.jsonl import MAX_LINE_BYTES, MAX_ROWS, parse_line, text_of
from ahora.schemas.datasets import FIRST_ROWS, DatasetColumn
from ahora.texts import storable_within
from backend.errors import Invalid

MOST_ERRORS = 20
"""Wrong lines that are named."""
MOST_COLUMNS = 200

_PROMPTS = ("prompt", "question", "problem", "input", "instruction", "query")
_ANSWERS = ("answer", "solution", "target", "output", "response", "label")


class Upload:
    """A file that is being received; it goes to disk as it comes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self.path = folder / f".incoming-{secrets.token_hex(8)}"
        self._file = self.path.open("xb")
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> None:
        """Add the next bytes."""
        self._file.write(block)
        self._digest.update(block)
        self.size += len(block)

    def finish(self) -> str:
        """Force it to disk; gives the hash of all bytes."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()

    def keep(self, sha256: str) -> None:
        """Give it its name; the same file may be there already."""
        self.path.replace(path_of(self._folder, sha256))

    def discard(self) -> None:
        """Remove it, unless it was kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def path_of(folder: Path, sha256: str) -> Path:
    """Where the file with this hash lies."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError("no SHA-256 in lower-case hexadecimal")
    return folder / f"{sha256}.jsonl"


class Contents:
    """What a file holds: every line looked at.

    Raises `Invalid` with the numbers of the lines that are wrong, the first `MOST_ERRORS` of them.
    """

    def __init__(self, path: Path, prompt_column: str | None, answer_column: str | None) -> None:
        self.rows = 0
        self.first_rows: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._kinds: dict[str, set[str]] = {}
        self._errors: list[FieldError] = []
        self._prompt, self._answer = prompt_column, answer_column
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if line.strip():
                    self._take(number, line)
                if len(self._errors) >= MOST_ERRORS or self.rows > MAX_ROWS:
                    break
        if self.rows > MAX_ROWS:
            self._wrong("file", f"has more than {MAX_ROWS:,} rows", "Split it.")
        if self.rows == 0 and not self._errors:
            self._wrong("file", "has no rows", "Write one JSON object a line.")
        if self._errors:
            first = self._errors[0]
            more = f" (and {len(self._errors) - 1} more)" if len(self._errors) > 1 else ""
            raise Invalid(
                f"The file cannot be used: {first.path} {first.message}{more}.", errors=self._errors
            )
        assert self._prompt is not None
        assert self._answer is not None
        self.prompt_column, self.answer_column = self._prompt, self._answer

    @property
    def columns(self) -> list[DatasetColumn]:
        """The keys that rows have."""
        return [
            DatasetColumn.model_validate({"name": name, "rows": count, "kind": self._kind(name)})
            for name, count in self._counts.items()
        ]

    def _kind(self, name: str) -> str:
        kinds = self._kinds[name]
        return next(iter(kinds)) if len(kinds) == 1 else "mixed"

    def _take(self, number: int, line: bytes) -> None:
        where = f"line {number}"
        try:
            entry = parse_line(line)
            storable_within(entry)
            json.dumps(entry, allow_nan=False)
        except ValueError as error:
            self._wrong(where, str(error), "Correct this line and upload the file again.")
            return
        if self.rows == 0:
            self._map(list(entry), where)
        self.rows += 1
        for key, value in entry.items():
            if key not in self._counts and len(self._counts) >= MOST_COLUMNS:
                continue
            self._counts[key] = self._counts.get(key, 0) + 1
            self._kinds.setdefault(key, set()).add(_kind_of(value))
        if len(self.first_rows) < FIRST_ROWS:
            self.first_rows.append(entry)
        for column in (self._prompt, self._answer):
            if column is None:
                continue
            try:
                text_of(entry, column)
            except ValueError as error:
                remedy = "Correct this line, or choose another column."
                self._wrong(where, str(error), remedy)
                return

    def _map(self, keys: Sequence[str], where: str) -> None:
        """Choose the columns that were not named, by what they are mostly called."""
        for attribute, names, what in (
            ("_prompt", _PROMPTS, "prompt_column"),
            ("_answer", _ANSWERS, "answer_column"),
        ):
            if getattr(self, attribute) is None:
                found = next((name for name in names if name in keys), None)
                setattr(self, attribute, found)
                if found is None:
                    shown = ", ".join(map(repr, keys[:10])) or "none"
                    message = f"is not given, and no key of {where} is a usual name: {shown}"
                    self._wrong(what, message, f"Say which key it is: ?{what}=KEY.")

    def _wrong(self, path: str, message: str, remedy: str) -> None:
        self._errors.append(FieldError(path=path, message=message, remedy=remedy))


def _kind_of(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else "other"
