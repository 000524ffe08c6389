"""Storing what an attempt reports: each event exactly once, a batch in one transaction.

A batch is stored under the run's row lock together with the number of its last event, so a batch that
is sent twice, by two connections at once or after a lost answer, is stored once. One odd event never
refuses the batch it is in, or its run could never report again: what cannot be carried out becomes a
warning in the run's log.
"""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from ahora.events import (
    CheckpointEvent,
    CheckpointRemovedEvent,
    Event,
    LogEvent,
    MetricsEvent,
    Numbered,
    ProgressEvent,
    ProvenanceEvent,
    ResultEvent,
    ResumedEvent,
    RolloutEvent,
    StatusEvent,
    SystemEvent,
)
from ahora.schemas.workers import AttemptOrders
from backend.checkpoints import service as checkpoints
from backend.db import utcnow
from backend.db.models import Attempt, Run, Worker
from backend.errors import IllegalChange, Invalid, WrongSeq
from backend.events.journal import log_items, metric_items, storable_keys, system_item
from backend.events.text import finite, storable, storable_json
from backend.jobs import service as jobs
from backend.logs import service as logs
from backend.metrics import store as metrics
from backend.metrics.points import by_key, by_key_over_time
from backend.queue import Doorbell
from backend.rollouts import service as rollouts
from backend.rules import watching as rules
from backend.runs.journal import append_stream
from backend.runs.pace import step_seconds
from backend.runs.repository import first_claim
from backend.runs.transitions import set_start
from backend.workers.fencing import (
    AttemptCaller,
    lock_attempt,
    orders,
    report_status,
    require_open,
)

Kind = TypeVar("Kind")


def append(
    session: Session,
    caller: AttemptCaller,
    numbered: Sequence[Numbered],
    doorbell: Doorbell,
    lease: float,
) -> AttemptOrders:
    """Store a batch of events and say what is wanted of the attempt.

    `lease` is after how many seconds of silence an attempt is lost: retries wait by it.

    Raises `Invalid` for gaps inside the batch, `WrongSeq` for a gap or an overlap with what is
    stored, `StaleAttempt` once the run goes on without this attempt.
    """
    first, last = numbered[0].seq, numbered[-1].seq
    if any(event.seq != first + place for place, event in enumerate(numbered)):
        raise Invalid("The events of a batch must be numbered without gaps, in their order.")
    run, attempt = lock_attempt(session, caller)
    if last <= attempt.last_seq:
        return orders(run, attempt)
    if first != attempt.last_seq + 1:
        raise WrongSeq(
            f"Event {attempt.last_seq + 1} is expected next, but this batch starts with {first}.",
            expected_seq=attempt.last_seq + 1,
        )
    require_open(session, run, attempt)
    _Batch(session, run, attempt, numbered, lease).store(doorbell)
    attempt.last_seq = last
    run.last_event_at = utcnow()
    if any(_from_trainer(item.event) for item in numbered):
        run.last_report_at = run.last_event_at
    return orders(run, attempt)


def _from_trainer(event: Event) -> bool:
    """Whether the trainer itself said it: its supervisor measures and logs also while that hangs."""
    if isinstance(event, LogEvent):
        return event.source != "supervisor"
    return not isinstance(event, SystemEvent)


class _Batch:
    """The events of one batch, and the run they belong to, whose row is locked."""

    def __init__(
        self,
        session: Session,
        run: Run,
        attempt: Attempt,
        numbered: Sequence[Numbered],
        lease: float,
    ) -> None:
        self.session, self.run, self.attempt, self.lease = session, run, attempt, lease
        self.events = [item.event for item in numbered]
        self.warnings: list[str] = []

    def store(self, doorbell: Doorbell) -> None:
        """Carry out everything; the job's own state last, so that who sees a run completed finds
        all of its data."""
        self._resumed()
        self._checkpoints()
        self._rollouts()
        offset = self._offset()
        alerts = rules.observe(
            self.session, self.run, self._reports(), self._of(SystemEvent), offset
        )
        changed = self._metrics()
        self._system(offset)
        changed = self._progress() or changed
        self._provenance()
        self._results()
        before = self.run.stream_seq
        self._statuses(doorbell)
        rules.pause(self.session, self.run, alerts)
        told = self.run.stream_seq != before
        self._logs()
        if changed and not told:
            append_stream(self.session, self.run, "run")

    def _of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    def _tell(self, kind: str, **data: object) -> None:
        append_stream(self.session, self.run, kind, {"run_id": self.run.id} | data)

    def _reports(self) -> list[MetricsEvent]:
        return storable_keys(self._of(MetricsEvent))

    def _metrics(self) -> bool:
        """Store points; True when that changed what the run table shows."""
        run = self.run
        events = self._reports()
        if not events:
            return False
        metrics.append(self.session, run.id, self.attempt.number, by_key(events))
        for item in metric_items(run.id, events):
            append_stream(self.session, run, "metrics", item)
        for event in sorted(events, key=lambda event: event.step):
            if event.step < run.step:
                continue  # a late report of an earlier step
            run.step_seconds = step_seconds(run, self.attempt.start_step, event)
            run.step, run.elapsed = event.step, event.elapsed
            if "reward" in event.values:
                run.last_reward = finite(event.values["reward"])
            if "eval/pass@1" in event.values:
                run.last_pass_at_1 = finite(event.values["eval/pass@1"])
        return True

    def _offset(self) -> float:
        """Seconds from the run's first start to the attempt's, which its samples' times count from."""
        if not self._of(SystemEvent):
            return 0.0
        began = first_claim(self.session, self.run.id)
        return max(0.0, (self.attempt.claimed_at - began).total_seconds())

    def _system(self, offset: float) -> None:
        events = self._of(SystemEvent)
        if not events:
            return
        points = by_key_over_time(events, offset)
        metrics.append(self.session, self.run.id, self.attempt.number, points)
        append_stream(self.session, self.run, "system", system_item(self.run.id, events, offset))

    def _progress(self) -> bool:
        events = self._of(ProgressEvent)
        if not events:
            return False
        event = events[-1]
        done = f"{event.step}/{event.total}" if event.total and event.phase != "training" else ""
        message = " ".join(part for part in (event.message, done) if part)
        self.run.phase, self.run.phase_message = event.phase, storable(message, 500)
        return True

    def _resumed(self) -> None:
        for event in self._of(ResumedEvent):
            self.attempt.start_step = event.step
            self.session.flush()  # readers in this transaction see what it supersedes
            metrics.supersede(self.session, self.run.id)
            set_start(self.run, event.step)
            rules.forget(self.run)

    def _rollouts(self) -> None:
        groups = [event.group for event in self._of(RolloutEvent)]
        for step in rollouts.store(self.session, self.run, self.attempt.number, groups):
            self._tell("rollouts", step=step)

    def _checkpoints(self) -> None:
        run_id, number = self.run.id, self.attempt.number
        for event in self.events:
            if isinstance(event, CheckpointEvent):
                reason = checkpoints.accept(self.session, run_id, number, event, self._store())
                if reason is not None:
                    self.warnings.append(
                        f"The checkpoint of step {event.step} was not accepted: {reason}."
                    )
                    continue
            elif isinstance(event, CheckpointRemovedEvent):
                checkpoints.remove(self.session, run_id, number, event.step)
            else:
                continue
            self._tell("checkpoint", step=event.step)

    def _store(self) -> str:
        worker_id = self.attempt.worker_id
        worker = self.session.get(Worker, worker_id) if worker_id is not None else None
        return worker.store if worker is not None else ""

    def _provenance(self) -> None:
        for event in self._of(ProvenanceEvent):
            self.attempt.provenance = storable_json(event.values)
            self._tell("provenance", attempt=self.attempt.number)

    def _results(self) -> None:
        for event in self._of(ResultEvent):
            reason = jobs.accept(self.session, self.run, event)
            if reason is not None:
                self.warnings.append(f"The result was not accepted: {reason}.")

    def _statuses(self, doorbell: Doorbell) -> None:
        for event in self._of(StatusEvent):
            if self.attempt.status != "active":
                self.warnings.append(
                    f"The job reported {event.status} after its end; nothing changed."
                )
                continue
            try:
                report_status(
                    self.session,
                    self.run,
                    self.attempt,
                    event.status,
                    reason=storable(event.reason),
                    error_type=storable(event.error_type, 100),
                    doorbell=doorbell,
                    lease=self.lease,
                )
            except IllegalChange as error:
                self.warnings.append(
                    f"The job reported {event.status}, which changed nothing: {error}"
                )

    def _logs(self) -> None:
        lines = logs.append(
            self.session, self.run.id, self.attempt.number, self._of(LogEvent), self.warnings
        )
        for item in log_items(self.run.id, lines):
            append_stream(self.session, self.run, "log", item)
