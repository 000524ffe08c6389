"""Where a reader of the stream is: the number of the newest item it has of each run.

Opaque to clients, and safe in a header. Numbers are taken under each run's row lock, so they are
committed in their order: nothing below one that was seen can appear later.
"""

import re
from collections.abc import Mapping

_PART = re.compile(r"([0-9a-z]{1,12})\.([0-9]{1,18})")

MAX_LENGTH = 8_000


def encode(positions: Mapping[str, int]) -> str:
    """The cursor of `positions` (run id to number)."""
    return "~".join(f"{run_id}.{seq}" for run_id, seq in positions.items())


def decode(cursor: str) -> dict[str, int]:
    """The positions in `cursor`. Raises ValueError when `encode` did not make it."""
    positions: dict[str, int] = {}
    for part in cursor.split("~") if cursor else ():
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError("not a cursor of the stream")
        positions[match[1]] = int(match[2])
    return positions
