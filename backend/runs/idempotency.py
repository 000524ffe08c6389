"""Carrying out a creation once for each Idempotency-Key."""

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.db import Database
from backend.db.models import IdempotencyKey, Run
from backend.errors import IdempotencyKeyReused

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Drawn at random by the client: a repeat with the same key makes nothing new.",
    ),
]


def request_hash(operation: str, body: BaseModel) -> str:
    """What tells two requests apart."""
    return hashlib.sha256(f"{operation}\n{body.model_dump_json()}".encode()).hexdigest()


def create_once(
    db: Database, caller: str, key: str | None, fingerprint: str, make: Callable[[Session], Run]
) -> tuple[str, bool]:
    """Make a run, or find the one that this key made: its id, and whether it is new. A key that makes
    several runs stands for the first of them.

    Raises `IdempotencyKeyReused` when the key came with another request.
    """
    try:
        return _attempt(db, caller, key, fingerprint, make)
    except IntegrityError:
        if key is None:
            raise
        # the same request was under way in another transaction, which has won
        return _attempt(db, caller, key, fingerprint, make)


def _attempt(
    db: Database, caller: str, key: str | None, fingerprint: str, make: Callable[[Session], Run]
) -> tuple[str, bool]:
    with db.write() as session:
        stored = session.get(IdempotencyKey, (caller, key)) if key is not None else None
        if stored is not None:
            if stored.request_hash != fingerprint:
                raise IdempotencyKeyReused(
                    f"The Idempotency-Key {key!r} made the run {stored.run_id} from another body: "
                    "draw a new key for each new run."
                )
            return stored.run_id, False
        run = make(session)
        session.flush()
        if key is not None:
            session.add(
                IdempotencyKey(caller=caller, key=key, request_hash=fingerprint, run_id=run.id)
            )
        return run.id, True
