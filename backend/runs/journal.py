"""Writing to the journal of a run, from which the live stream replays."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from backend.db.engine import touch
from backend.db.models import Run, StreamItem


def append_stream(
    session: Session, run: Run, kind: str, data: Mapping[str, Any] | str | None = None
) -> int:
    """Append an item to the journal of `run` and give its number.

    `run` must be locked (`transitions.lock_run`) or new in this transaction: its `stream_seq` is
    raised under that lock, so that numbers are committed in order. `data` is what travels (a string is
    JSON text already; NaN must be a string inside it). Items of kind `run` carry none: the summary is
    read when it is sent. Streams of this process are woken after the commit (`Database.listeners`).
    """
    run.stream_seq += 1
    text = data if isinstance(data, str) else json.dumps(data, allow_nan=False) if data else ""
    session.add(StreamItem(run_id=run.id, seq=run.stream_seq, kind=kind, data=text))
    touch(session, run.id)
    return run.stream_seq
