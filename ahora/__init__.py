"""Ahora: launch, watch and compare SA-AH-GRPO training runs of language models.

This package is what users import: the run configuration, the events a job reports, the HTTP
client and the ``ahora`` command. It never imports torch, FastAPI, SQLAlchemy or Celery.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ahora.client import Client

__version__ = "0.1.0"
__all__ = ["Client", "__version__"]


def __getattr__(name: str) -> Any:
    """`ahora.Client`, loaded when it is first used: workers import this package and need no client."""
    if name == "Client":
        from ahora.client import Client

        return Client
    raise AttributeError(f"module 'ahora' has no attribute {name!r}")
