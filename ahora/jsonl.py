"""Lines of a JSONL file of problems: read the same when a file is uploaded and when it is trained on."""

import json
from typing import Any

MAX_LINE_BYTES = 1_000_000
MAX_ROWS = 5_000_000

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number"}


def parse_line(line: bytes) -> dict[str, Any]:
    """The object on a line that is not blank.

    Raises:
        ValueError: says what is wrong with it, as the rest of a sentence that names the line.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"is longer than {MAX_LINE_BYTES:,} bytes: shorten it")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON in UTF-8 ({error}): write one object a line") from error
    if not isinstance(entry, dict):
        raise ValueError(f"is {_kind(entry)}, not an object in braces")
    if b"\\ud" in line.lower():  # perhaps a surrogate without its other half, which is no text
        try:
            json.dumps(entry, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"has half of a surrogate pair ({error.object[error.start]!a}): write the character "
                "itself, in UTF-8"
            ) from error
    return entry


def text_of(entry: dict[str, Any], column: str) -> str:
    """The text or number under `column`.

    Raises:
        ValueError: it is missing or something else, as the rest of a sentence that names the line.
    """
    if column not in entry:
        keys = ", ".join(map(repr, list(entry)[:10])) or "none"
        raise ValueError(f"has no key {column!r}, only {keys}")
    value = entry[column]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"has {_kind(value)} under {column!r}; it must be a text or a number")
    return str(value)


def _kind(value: object) -> str:
    return "null" if value is None else _KINDS.get(type(value), "a number")
