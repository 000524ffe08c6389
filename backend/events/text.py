"""What a job says, in a form that every database stores.

PostgreSQL refuses NUL characters in text, and NaN and infinities in JSON; lone surrogates have no
UTF-8 form. A job's output may hold any of them, and must not be refused for it.
"""

import math
from typing import Any


def storable(text: str, limit: int | None = None) -> str:
    """`text` with what cannot be stored replaced, cut to `limit` characters."""
    clean = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if limit is None or len(clean) <= limit:
        return clean
    return clean[: limit - 1] + "…"


def storable_json(value: Any) -> Any:
    """`value` (JSON types) with all text storable and numbers that are not finite as their names."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(part) for part in value]
    return value


def finite(value: float | None) -> float | None:
    """`value`, or None when it is not finite."""
    return value if value is not None and math.isfinite(value) else None
