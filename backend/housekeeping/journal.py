"""Pruning the journals of runs, from which the live stream replays.

A reader whose cursor lies before what is left is told to read again (`reset`), so nothing is lost by it
but the replay of long ago.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select

from backend.db import Database, utcnow
from backend.db.models import StreamItem


def prune(db: Database, older_than: timedelta) -> int:
    """Delete items of that age; returns how many. Of each run they are its first ones, without a gap."""
    cutoff = utcnow() - older_than
    with db.read() as session:
        query = (
            select(StreamItem.run_id, func.max(StreamItem.seq).label("newest"))
            .where(StreamItem.created_at < cutoff)
            .group_by(StreamItem.run_id)
        )
        old = [(row.run_id, row.newest) for row in session.execute(query)]
    pruned = 0
    for run_id, newest in old:
        with db.write() as session:
            found = session.execute(
                delete(StreamItem)
                .where(StreamItem.run_id == run_id, StreamItem.seq <= newest)
                .returning(StreamItem.seq)
            )
            pruned += len(found.all())
    return pruned
