"""What makes runs repeats of each other: everything in their configurations that changes what is learned."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

IGNORED = frozenset({"seed", "resources", "logging", "checkpoints", "analysis"})
"""Sections that repeats may differ in."""


def method_of(config: Mapping[str, Any]) -> str:
    """Equal for runs that differ only in their seed, or in where and how they are watched."""
    kept = {key: value for key, value in config.items() if key not in IGNORED}
    return json.dumps(kept, sort_keys=True, default=str)


def method_hash(config: Mapping[str, Any]) -> str:
    """16 characters that stand for `method_of`."""
    return _short_hash(method_of(config))


def config_hash(config: Mapping[str, Any]) -> str:
    """16 characters that are equal for configurations that differ in nothing but the seed."""
    kept = {key: value for key, value in config.items() if key != "seed"}
    return _short_hash(json.dumps(kept, sort_keys=True, default=str))


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
