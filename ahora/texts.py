"""Texts that people send: refused where no database, log or terminal could hold them.

PostgreSQL takes no NUL character, and half of a surrogate pair (which JSON can write) has no UTF-8
form. What a *job* says is never refused for it: the backend replaces such characters there.
"""

import unicodedata
from typing import Any


def storable(value: str) -> str:
    """`value`, or ValueError when it holds a NUL character or half of a surrogate pair."""
    if "\0" in value:
        raise ValueError("must not contain the NUL character: remove it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(
            "must not contain half of a surrogate pair: write the character whole"
        ) from None
    return value


def one_line(value: str) -> str:
    """`value`, or ValueError when it holds control characters, which would break a table or a
    terminal."""
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise ValueError("must be one line without control characters: remove them")
    return value


def storable_within(value: Any) -> Any:
    """`value`, or ValueError when a text in it (in lists and mappings, keys too) is not storable."""
    if isinstance(value, str):
        storable(value)
    elif isinstance(value, dict):
        for key, part in value.items():
            storable_within(key)
            storable_within(part)
    elif isinstance(value, list | tuple):
        for part in value:
            storable_within(part)
    return value
