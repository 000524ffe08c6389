"""Fields of configurations as rows (`RunField`), for the run table to filter, sort and group by."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.compare.differences import flatten
from backend.db.models import RunField

MOST_PATH = 200
MOST_TEXT = 500


def store_fields(session: Session, run_id: str, config: Mapping[str, Any]) -> None:
    """Write the fields of a run that is new in this transaction."""
    session.execute(
        insert(RunField),
        [
            {"run_id": run_id, "path": path, "number": number, "text": text}
            for path, (number, text) in field_values(config).items()
        ],
    )


def field_values(config: Mapping[str, Any]) -> dict[str, tuple[float | None, str | None]]:
    """Dotted path to number and text, as `RunField` holds them; null fields are left out."""
    return {
        path: pair(value)
        for path, value in flatten(dict(config))
        if value is not None and len(path) <= MOST_PATH
    }


def pair(value: Any) -> tuple[float | None, str | None]:
    """Number and text of a value that is not null."""
    if isinstance(value, bool):
        return float(value), "true" if value else "false"
    if isinstance(value, int | float):
        return float(value), None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return None, text[:MOST_TEXT]


def unpair(number: float | None, text: str | None) -> float | bool | str | None:
    """The value that `pair` took apart; lists stay JSON text."""
    if number is None:
        return text
    return number if text is None else text == "true"
