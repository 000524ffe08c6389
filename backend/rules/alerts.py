"""Raising, ending and acknowledging alerts, under the lock of the run they are about."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from backend.db import utcnow
from backend.db.models import Alert, Run
from backend.rules import repository
from backend.rules.conditions import Episode
from backend.rules.inforce import RuleInForce
from backend.rules.words import alert_words
from backend.runs.journal import append_stream


def record(
    session: Session,
    run: Run,
    rule: RuleInForce,
    episode: Episode,
    known: Mapping[str, Alert],
    quiet_since: datetime | None = None,
) -> Alert | None:
    """Bring the alert of `rule` on the locked `run` up to date with what the rule found; gives it when
    it was raised by that. `known` are the run's alerts by rule."""
    row = known.get(rule.key)
    if row is None and episode.occurrences == 0:
        return None
    now = utcnow()
    new = row is None
    if row is None:
        row = Alert(run_id=run.id, rule=rule.key, active=False, first_at=now, paused=False)
        session.add(row)
    raised = episode.active and not row.active
    ended = row.active and not episode.active
    if episode.occurrences > 0:
        row.kind, row.name, row.advice = rule.edit.condition.kind, rule.edit.name, rule.edit.advice
        row.metric, row.value, row.occurrences = episode.metric, episode.value, episode.occurrences
        row.step, row.last_step = episode.step, episode.last_step
        row.sentence, row.quiet_since = alert_words(rule.edit.condition, episode), quiet_since
        if episode.active or new:
            row.last_at = now
    row.active = episode.active
    if raised:
        row.resolved_at = None
    elif ended or (new and not episode.active):
        row.resolved_at = now
    if raised or ended or new:
        tell(session, run, row)
    return row if raised else None


def refresh(session: Session, run: Run, rule: RuleInForce, episode: Episode) -> None:
    """The alert of `rule` on the locked `run` goes on: only its newest report is another."""
    repository.refresh(
        session,
        run.id,
        rule.key,
        last_step=episode.last_step,
        value=episode.value,
        metric=episode.metric,
        sentence=alert_words(rule.edit.condition, episode),
        last_at=utcnow(),
    )


def resolve(session: Session, run: Run, row: Alert) -> None:
    """The alert of the locked `run` is over."""
    row.active, row.resolved_at = False, utcnow()
    tell(session, run, row)


def tell(session: Session, run: Run, row: Alert) -> None:
    """Show a change of an alert on the run and to the live stream."""
    session.flush()
    run.alerts = [
        alert.name
        for alert in repository.alerts_of(session, run.id)
        if alert.active and alert.acknowledged_at is None
    ]
    append_stream(session, run, "alert", {"run_id": run.id, "rule": row.rule, "active": row.active})
    append_stream(session, run, "run")
