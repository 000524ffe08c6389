"""Finding runs whose trainer has fallen silent.

As the reaper does, it compares what it sees with what it saw, on its own monotonic clock: an API process
that was restarted gives every run the whole time again. Alerts are raised and ended under the run's lock
after looking again, so several processes raise one once.
"""

import time
from collections.abc import Callable, Hashable

from ahora.schemas.rules import Silence
from ahora.status import RunStatus
from backend.db import Database
from backend.rules import alerts, repository, watching
from backend.rules.conditions import Episode
from backend.rules.inforce import RuleInForce, in_force
from backend.runs.transitions import lock_run
from backend.workers.reaper import Watch


class SilenceWatch:
    """Looks for silence at each `sweep`."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._watch = Watch(clock)

    def sweep(self) -> None:
        """Raise alerts on runs that are silent, end those on runs that are not any more."""
        with self._db.read() as session:
            runs = {run.id: run for run in repository.training(session)}
            projects = {run.project for run in runs.values()}
            rows = repository.rules_of_many(session, projects, runs) if runs else []
            standing = {(row.run_id, row.rule) for row in repository.active_silences(session)}
            quiet_for = self._watch.standing(
                {run_id: _mark(run.last_report_at) for run_id, run in runs.items()}
            )
        for run_id, run in runs.items():
            mine = [row for row in rows if row.project == run.project]
            own = [row for row in rows if row.run_id == run_id]
            for rule in in_force([*mine, *own]).values():
                wanted = rule.edit.condition
                if not isinstance(wanted, Silence) or not rule.edit.enabled:
                    continue
                if quiet_for[run_id] >= 60 * wanted.minutes and (run_id, rule.key) not in standing:
                    self._raise(run_id, rule, _mark(run.last_report_at))
        for run_id, key in standing:
            self._end(run_id, key)

    def _raise(self, run_id: str, rule: RuleInForce, mark: Hashable) -> None:
        with self._db.write() as session:
            run = lock_run(session, run_id)
            if run.status != RunStatus.RUNNING or _mark(run.last_report_at) != mark:
                return
            known = {row.rule: row for row in repository.alerts_of(session, run_id)}
            old = known.get(rule.key)
            if old is not None and old.active:
                return
            episode = Episode(
                active=True,
                step=run.step,
                last_step=run.step,
                occurrences=1 if old is None else old.occurrences + 1,
            )
            row = alerts.record(session, run, rule, episode, known, run.last_report_at)
            if row is not None and rule.edit.action == "pause":
                watching.pause(session, run, [row])

    def _end(self, run_id: str, key: str) -> None:
        with self._db.write() as session:
            run = lock_run(session, run_id)
            for row in repository.alerts_of(session, run_id):
                same = run.status == RunStatus.RUNNING and run.last_report_at == row.quiet_since
                if row.rule == key and row.active and not same:
                    alerts.resolve(session, run, row)


def _mark(reported: object) -> Hashable:
    return str(reported)
