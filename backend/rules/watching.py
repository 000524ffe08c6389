"""Rules at work: each batch of reports is seen by the run's rules as it is stored.

What the rules remember is read and written with the run's row, under its lock: so an
alert is raised once, whichever API process stores the batch and however often one is restarted. History
is read again only for a rule that was written or changed since the last batch, and after a resume, which
supersedes steps.
"""

import json
from collections.abc import Sequence
from copy import copy
from typing import Any

from sqlalchemy.orm import Session

from ahora.events import MetricsEvent, SystemEvent
from ahora.metrics import is_over_time
from ahora.status import Actor
from backend.db.models import Alert, Run
from backend.events.superseded import valid_steps
from backend.metrics import store
from backend.rules import alerts, repository
from backend.rules.conditions import Watch, Watches, watch_of
from backend.rules.inforce import RuleInForce, in_force
from backend.runs import control
from backend.runs.views import can_pause


def observe(
    session: Session,
    run: Run,
    events: Sequence[MetricsEvent],
    samples: Sequence[SystemEvent] = (),
    offset: float = 0.0,
) -> list[Alert]:
    """Let the rules of the locked `run` see a batch, before it is stored; gives the alerts that are to
    pause the run. `offset` is what the samples' times count from, as they are stored."""
    if run.kind != "train" or not (events or samples):
        return []
    rules = _enabled(session, run)
    watches: dict[str, Watch] = {}
    for key, rule in rules.items():
        watch = watch_of(rule.edit.condition)
        if watch is not None and (events or is_over_time(watch.metric)):
            watches[key] = watch
    if not watches:
        return []
    memory: dict[str, Any] = json.loads(run.rule_memory) if run.rule_memory else {}
    fresh: dict[str, Watch] = {}
    for key, watch in watches.items():
        held = memory.get(key)
        if held is not None and held["condition"] == rules[key].fingerprint:
            watch.load(held["memory"])
        else:
            fresh[key] = watch
    if fresh:
        _replay(session, run, fresh)
    before = {key: copy(watch.episode) for key, watch in watches.items()}
    seeing = Watches(watches)
    for event in events:
        seeing.see(event.step, event.values)
    for sample in samples:
        seeing.see_over_time(int(offset + sample.elapsed), sample.values)
    news = []
    for key, watch in watches.items():
        old, now = before[key], watch.episode
        if key not in fresh and old.active and now.active and old.occurrences == now.occurrences:
            if old != now:
                alerts.refresh(session, run, rules[key], now)
        elif key in fresh or old != now:
            news.append(key)
    raised = _record(session, run, rules, watches, news)
    dumped: dict[str, Any] = {
        key: {"condition": rules[key].fingerprint, "memory": watch.dump()}
        for key, watch in watches.items()
    }
    kept = {key: held for key, held in memory.items() if key in rules}
    run.rule_memory = json.dumps(kept | dumped)
    return [row for row in raised if rules[row.rule].edit.action == "pause"]


def forget(run: Run) -> None:
    """What the rules remember of the locked `run` is not so any more: they read its history again."""
    run.rule_memory = None


def pause(session: Session, run: Run, rows: Sequence[Alert]) -> None:
    """Pause the locked `run` for alerts just raised, where it can be paused and nobody knows of them."""
    for row in rows:
        if row.acknowledged_at is None and can_pause(run):
            reason = f"{row.name}: {row.sentence}"
            control.pause(session, run.id, row.name, reason, Actor.RULE)
            row.paused = True


def _enabled(session: Session, run: Run) -> dict[str, RuleInForce]:
    rules = in_force(repository.watching(session, run.project, run.id))
    return {key: rule for key, rule in rules.items() if rule.edit.enabled}


def _record(
    session: Session,
    run: Run,
    rules: dict[str, RuleInForce],
    watches: dict[str, Watch],
    news: Sequence[str],
) -> list[Alert]:
    if not news:
        return []
    known = {row.rule: row for row in repository.alerts_of(session, run.id)}
    found = [alerts.record(session, run, rules[key], watches[key].episode, known) for key in news]
    return [row for row in found if row is not None]


def _replay(session: Session, run: Run, fresh: dict[str, Watch]) -> None:
    """Show what the run has reported so far to watches that have seen nothing."""
    metrics = {watch.metric for watch in fresh.values()}
    stored = store.find(session, [run.id], None if "*" in metrics else sorted(metrics))
    steps: dict[int, dict[str, float]] = {}
    times: dict[int, dict[str, float]] = {}
    for series in store.read(session, stored, valid_steps(session, [run.id])):
        if series.key not in metrics and is_over_time(series.key):
            continue
        place = times if is_over_time(series.key) else steps
        points = series.points
        for step, value in zip(points["step"].tolist(), points["value"].tolist(), strict=True):
            place.setdefault(step, {})[series.key] = value
    seeing = Watches(fresh)
    for step in sorted(steps):
        seeing.see(step, steps[step])
    for second in sorted(times):
        seeing.see_over_time(second, times[second])
