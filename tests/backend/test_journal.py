"""Journals that are pruned, and readers from before."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from backend.db import Database, utcnow
from backend.db.models import Run, StreamItem
from backend.housekeeping import journal
from tests.backend.streams import following, make_user, reading, until_ready
from tests.backend.support import RUNNING, FakeWorker, create_run, metrics


async def test_a_reader_from_before_the_journal_is_told_to_read_again(
    db: Database, worker: FakeWorker
) -> None:
    run_id = create_run(db)
    job = worker.job()
    worker.events(job, 1, RUNNING, *(metrics(step, reward=0.5) for step in range(3)))
    assert journal.prune(db, timedelta(days=1)) == 0
    with db.write() as session:
        old = utcnow() - timedelta(days=2)
        session.execute(update(StreamItem).where(StreamItem.seq <= 2).values(created_at=old))
    assert journal.prune(db, timedelta(days=1)) == 2
    with db.read() as session:
        left = session.scalars(select(StreamItem.seq).order_by(StreamItem.seq)).all()
        newest = session.scalars(select(Run.stream_seq)).one()
    assert left == list(range(3, newest + 1))

    async with reading(db, make_user(db)) as reader:
        whole = await until_ready(reader.runs(frozenset({run_id}), {run_id: 2}))
        assert "reset" not in [event.event for event in whole]
        events = reader.runs(frozenset({run_id}), {run_id: 1})
        found = await until_ready(events)
        assert [(event.event, event.data) for event in found] == [
            ("reset", {"run_id": run_id}),
            ("ready", {}),
        ]
        assert found[0].id == f"{run_id}.{newest}"
        await asyncio.to_thread(worker.events, job, 5, metrics(3, reward=0.5))
        assert (await following(events)).event == "metrics"
        await events.aclose()  # type: ignore[attr-defined]

        assert await asyncio.to_thread(journal.prune, db, timedelta(0)) > 0
        with db.read() as session:
            assert session.scalar(select(func.count()).select_from(StreamItem)) == 0
        found = await until_ready(reader.runs(frozenset({run_id}), {run_id: 1}))
        assert [event.event for event in found] == ["reset", "ready"]
        now = await until_ready(reader.runs(frozenset({run_id}), {}))
        assert [event.event for event in now] == ["ready"]
