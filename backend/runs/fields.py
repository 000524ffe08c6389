"""Fields of configurations as rows (`ConfigField`), for the run table to filter, sort and group by."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from backend.compare.differences import flatten
from backend.db.models import ConfigField
from backend.db.upsert import insert_ignore

MOST_PATH = 200
MOST_TEXT = 500


def store_fields(session: Session, config_hash: str, config: Mapping[str, Any]) -> None:
    """Write the fields of a configuration, unless a run has brought them before."""
    rows = [
        {"path": path, "config": config_hash, "number": number, "text": text}
        for path, (number, text) in field_values(config).items()
    ]
    if session.get(ConfigField, (rows[0]["path"], config_hash)) is None:
        insert_ignore(session, ConfigField, *rows)


def field_values(config: Mapping[str, Any]) -> dict[str, tuple[float | None, str | None]]:
    """Dotted path to number and text, as `ConfigField` holds them. What is null is left out, and so is
    the seed, which is a column of the run."""
    return {
        path: pair(value)
        for path, value in flatten(dict(config))
        if value is not None and path != "seed" and len(path) <= MOST_PATH
    }


def pair(value: Any) -> tuple[float | None, str | None]:
    """Number and text of a value that is not null."""
    if isinstance(value, bool):
        return float(value), "true" if value else "false"
    if isinstance(value, int | float):
        with suppress(OverflowError):  # an integer beyond all doubles stays a text
            return float(value), None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return None, text[:MOST_TEXT]


def unpair(number: float | None, text: str | None) -> float | bool | str | None:
    """The value that `pair` took apart; lists stay JSON text."""
    if number is None:
        return text
    return number if text is None else text == "true"
