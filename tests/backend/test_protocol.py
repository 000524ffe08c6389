"""A model check of claims, leases and attempts: any order of what workers, users and the reaper do.

Hypothesis draws sequences of it and runs them against the real services on both databases. After each
step the run and its attempts must fit, and what the API answers must be what a small model of the
protocol (protocol.py) says: who is stale, which change is legal, what an attempt goes on from, and that
every acknowledged point is stored once.
"""

import secrets
from datetime import timedelta
from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ahora.schemas.runs import RetryRequest
from ahora.schemas.workers import WorkerRegister
from ahora.status import ACTIVE, FINAL, RunStatus, may_change
from backend.db import Database, clock
from backend.db.models import Attempt, MetricSeries, Run, StatusChange
from backend.errors import IllegalChange, StaleAttempt, WrongSeq
from backend.events.superseded import valid_steps
from backend.metrics import store as metrics
from backend.queue import Doorbell
from backend.runs import control
from backend.workers import fencing, service
from backend.workers.reaper import Reaper
from tests.backend.protocol import LEASE, RUNS, WISHES, WORKER, ProtocolModel, S, Tried, numbered
from tests.backend.support import checkpoint, config, create_run

RUN = st.integers(0, RUNS - 1)


class Protocol(ProtocolModel):
    """Runs, attempts, and what may be done with them."""

    @initialize()
    def workers(self) -> None:
        known = {
            "worker_id": WORKER,
            "name": "w",
            "host": "h",
            "pid": 1,
            "queues": ["cpu"],
            "slots": 1,
            "devices": [{"kind": "cpu", "index": 0, "name": "D", "memory_gb": 8.0}],
            "store": "here",
        }
        with self.db.write() as session:
            service.register(session, WorkerRegister.model_validate(known))
        self.live = [self.launch() for _ in range(RUNS)]

    # --- users

    def launch(self) -> str:
        run_id = create_run(self.db, config=config(resources={"max_attempts": 3}))
        self.saved[run_id], self.starts[run_id] = [], {}
        return run_id

    @rule(
        run=RUN,
        action=st.sampled_from(["stop", "pause", "resume", "retry", "begin"]),
        then=st.sampled_from(["report", "silence", "nothing"]),
    )
    def steer(self, run: int, action: str, then: str) -> None:
        """A user acts, and at once the newest attempt reports, or falls silent."""
        run_id = self.live[run]
        before = self.look(run_id).status
        going = {S.QUEUED, S.STARTING, S.RUNNING}
        legal = before in {
            "stop": set(S) - {S.COMPLETED, S.FAILED},
            "pause": {*going, S.PAUSING, S.PAUSED, S.LOST},
            "resume": {*going, S.PAUSED},
        }.get(action, {*going, S.FAILED, S.STOPPED, S.LOST})
        if legal:
            self.note_wish(run_id, before, action)
        with self.refused(not legal, IllegalChange), self.db.write() as session:
            if action in {"retry", "begin"}:
                body = RetryRequest(from_start=action == "begin")
                control.retry(session, run_id, "user", body)
            else:
                getattr(control, action)(session, run_id, "user", "")
        mine = [tried for tried in self.tried.values() if tried.job.run_id == run_id]
        if then == "report" and mine:
            self.train(mine[-1], 1, 0)
        elif then == "silence":
            self.silence_for(1)

    def note_wish(self, run_id: str, before: RunStatus, action: str) -> None:
        if action in WISHES:
            self.wishes[run_id] = action
        elif before not in {S.QUEUED, S.STARTING, S.RUNNING}:
            self.wishes.pop(run_id, None)
        if action == "begin" and before in {S.QUEUED, S.FAILED, S.STOPPED, S.LOST}:
            self.anew.add(run_id)
        if action == "retry" and before in {S.FAILED, S.STOPPED, S.LOST}:
            self.anew.discard(run_id)

    # --- workers

    @precondition(lambda self: self.queued())
    @rule(waited=st.sampled_from([True, True, False]))
    def claim(self, waited: bool) -> None:
        if waited:
            with self.db.write() as session:
                session.execute(update(Run).values(not_before=None))
        self.turn += 1
        claim_id = f"claim-{self.turn}-{secrets.token_hex(4)}"
        waiting = self.waiting()
        job = self.send_claim(claim_id)
        if job is None:
            assert not waiting, "a run that is due is handed out"
            return
        saved = sorted(self.saved[job.run_id], key=lambda at: (-at[1], -at[0]))
        if job.run_id in self.anew:
            self.anew.remove(job.run_id)
            saved = []
        assert [each.step for each in job.resume_from] == [step for _, step in saved[:3]]
        start = saved[0][1] if saved else 0
        self.started(job, start)
        self.tried[job.attempt_id] = Tried(job, claim_id, step=start)

    @precondition(lambda self: self.open())
    @rule(place=st.integers(0, 1), points=st.integers(1, 3), skipped=st.integers(0, 3))
    def report(self, place: int, points: int, skipped: int) -> None:
        """A trainer that resumes (the first `skipped` checkpoints are damaged), trains and saves."""
        self.train(self.open()[-place], points, skipped)

    @precondition(lambda self: self.tried)
    @rule(place=st.integers(0, 4))
    def report_late(self, place: int) -> None:
        self.train(self.any(place), 1, 0)

    def train(self, one: Tried, points: int, skipped: int) -> None:
        begin: list[dict[str, Any]] = []
        start = one.step
        if not one.stored:
            if one.job.resume_from:
                start = next((each.step for each in one.job.resume_from[skipped:]), 0)
                begin.append({"type": "resumed", "step": start})
            begin.append({"type": "status", "status": "running"})
        steps = [start + number for number in range(1, points + 1)]
        body = [
            {"type": "metrics", "step": step, "elapsed": 1.0, "tokens": 1, "values": {"reward": 1}}
            for step in steps
        ]
        body.append(checkpoint(one.job.model_dump(), steps[-1], "model.safetensors"))
        if self.ship(one, begin + body):
            self.started(
                one.job, self.starts[one.job.run_id][one.job.attempt] if one.points else start
            )
            one.step = steps[-1]
            one.points += steps
            self.saved[one.job.run_id].append((one.job.attempt, one.step))

    @precondition(lambda self: self.open())
    @rule(
        place=st.integers(0, 1),
        status=st.sampled_from(["queued", "lost", "signal", "stopped", "failed", "completed"]),
        late=st.booleans(),
    )
    def end(self, place: int, status: str, late: bool) -> None:
        one = self.open()[-place]
        error = {"signal": "signal", "lost": "worker_lost"}.get(status, "")
        status = {"signal": "failed", "lost": "queued"}.get(status, status)
        run = self.look(one.job.run_id)
        if status == "stopped" and run.status == S.PAUSING:
            status = "paused"  # as the supervisor says it
        if self.ship(one, [{"type": "status", "status": status, "error_type": error}]):
            one.ended = True
            ended = self.look(run.id).status
            assert ended not in ACTIVE, "it has ended"
            if late:
                self.train(one, 1, 0)
            if ended == S.COMPLETED:  # nothing more can happen to it
                self.live[self.live.index(run.id)] = self.launch()

    @precondition(lambda self: self.tried)
    @rule(place=st.integers(0, 4), what=st.sampled_from(["beat", "claim", "batch", "gap"]))
    def say_again(self, place: int, what: str) -> None:
        one = self.any(place)
        run, attempt = self.look(one.job.run_id), self.attempt(one.job.attempt_id)
        newest = attempt.number == run.attempt_number
        if what == "claim":
            open_ = newest and attempt.status in {"active", "lost"} and run.status not in FINAL
            job = self.send_claim(one.claim_id)
            assert (job is not None) == open_
            assert job is None or one.stored or job == one.job
        elif what == "beat":
            self.beats += 1
            with self.refused(self.is_stale(one), StaleAttempt), self.db.write() as session:
                fencing.attempt_heartbeat_received(session, one.caller, self.beats)
        elif what == "batch" and one.last:
            with self.refused(not newest, StaleAttempt):
                self.append(one, one.last)
        elif what == "gap":
            early = numbered(one.stored + 2, [{"type": "log", "message": "too early"}])
            with self.refused(True, WrongSeq if newest else StaleAttempt):
                self.append(one, early)

    # --- time

    @rule(leases=st.integers(1, 2), restarted=st.sampled_from([False, False, True]))
    def silence(self, leases: int, restarted: bool) -> None:
        """Nobody says anything for a lease or two, perhaps while the API is started anew."""
        if restarted:
            self.reaper.sweep()
            self.reaper = Reaper(self.db, Doorbell(""), LEASE, clock=lambda: self.now)
        self.silence_for(leases)

    def silence_for(self, leases: int) -> None:
        for _ in range(leases):
            self.reaper.sweep()
            self.now += LEASE
            self.reaper.sweep()

    # --- what always holds

    @invariant()
    def runs_and_attempts_fit(self) -> None:
        with self.db.read() as session:
            for run_id in self.saved:
                run = session.get(Run, run_id)
                assert run is not None
                query = select(Attempt).where(Attempt.run_id == run_id).order_by(Attempt.number)
                tried = session.scalars(query).all()
                assert [one.number for one in tried] == list(range(1, run.attempt_number + 1))
                active = [one for one in tried if one.status == "active"]
                if run.status in ACTIVE:
                    assert active == tried[-1:], run.status
                else:
                    assert active == [], run.status
                assert run.status in WISHES.get(self.wishes.get(run_id, ""), S), "a user's wish"
                if run.status == S.LOST:
                    assert tried[-1].status == "lost"
                for one in tried:
                    assert one.last_seq == self.tried[one.id].stored

    def teardown(self) -> None:
        with self.db.read() as session:
            for run_id in self.saved:
                self.check_timeline(session, run_id)
                self.check_points(session, run_id)
        with self.db.write() as session:  # the next example starts with an empty queue
            gone = clock.read_in(session, timedelta())
            session.execute(update(Attempt).values(status="completed"))
            session.execute(update(Run).values(status=S.COMPLETED, deleted_at=gone))

    def check_timeline(self, session: Session, run_id: str) -> None:
        query = select(StatusChange).where(StatusChange.run_id == run_id).order_by(StatusChange.id)
        before = None
        for change in session.scalars(query):
            assert change.from_status == before
            if before is not None:
                assert may_change(before, change.to_status, change.actor)
            before = change.to_status
        assert before == cast(Run, session.get(Run, run_id)).status

    def check_points(self, session: Session, run_id: str) -> None:
        mine = [tried for tried in self.tried.values() if tried.job.run_id == run_id]
        for tried in mine:
            query = select(MetricSeries.points).where(
                MetricSeries.run_id == run_id, MetricSeries.attempt == tried.job.attempt
            )
            assert (session.scalar(query) or 0) == len(tried.points), "each once"
        starts = self.starts[run_id]
        wanted = {
            step
            for tried in mine
            for step in tried.points
            if all(step <= starts[later] for later in starts if later > tried.job.attempt)
        }
        found = metrics.find(session, [run_id], ["reward"])
        shown = [
            int(point["step"])
            for series in metrics.read(session, found, valid_steps(session, [run_id]))
            for point in series.points
        ]
        assert shown == sorted(wanted)


def test_the_protocol(db: Database) -> None:
    run_state_machine_as_test(
        lambda: Protocol(db), settings=settings(max_examples=20, stateful_step_count=50)
    )
