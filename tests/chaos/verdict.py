"""What must be true after everything: compares what users were told with what is stored."""

import socket
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from ahora.status import TRANSITIONS, Actor, RunStatus
from backend.db import Database
from backend.db.models import Attempt, MetricChunk, MetricSeries
from backend.metrics.points import Points, unpack
from tests.chaos.real import compared
from tests.chaos.site import Site
from tests.chaos.story import FINAL, User
from tests.chaos.trainer import value_of
from tests.chaos.witness import Testimony


def judge(site: Site, user: User, reference: dict[int, dict[str, float]] | None) -> list[str]:
    """Everything that is not as it must be, in words."""
    database = Database(site.database or f"sqlite:///{site.root / 'home' / 'ahora.db'}")
    try:
        return [
            *site.proxy.testimony.contradictions,
            *_states(user),
            *_timelines(user),
            *_points(user),
            *_acknowledged(site.proxy.testimony, database),
            *_fenced(site.proxy.testimony),
            *_real(user, reference),
            *_idle(user),
        ]
    finally:
        database.dispose()


def _states(user: User) -> Iterator[str]:
    known = {run["id"]: run for run in user.states()}
    for run_id, name in user.runs.items():
        if run_id not in known:
            yield f"run {name} was acknowledged and is gone"
            continue
        run = known[run_id]
        if run["status"] not in FINAL:
            yield f"run {name} ended as {run['status']}: {run.get('status_reason')}"
        elif run["status"] == "failed":
            yield f"run {name} failed: {run.get('status_reason')}"
        elif run_id in user.kept and run["status"] != "completed":
            yield f"run {name} is {run['status']}, and nobody stopped it"


def _timelines(user: User) -> Iterator[str]:
    for run_id, name in user.runs.items():
        before: str | None = None
        for change in user.ask("GET", f"/runs/{run_id}/timeline").json():
            source, target = change["from_status"], change["to_status"]
            if source != before:
                yield f"run {name}: {target} follows {source}, which followed {before}"
            before = target
            if source is None or source == target:
                continue
            key = (RunStatus(source), RunStatus(target))
            if Actor(change["actor"]) not in TRANSITIONS.get(key, frozenset()):
                yield f"run {name}: {change['actor']} took it from {source} to {target}"


def series(user: User, run_id: str, keys: list[str]) -> dict[str, list[tuple[int, float]]]:
    """The points of `keys` as the API shows them."""
    body = {"runs": [run_id], "keys": keys, "max_points": 20_000}
    answer = user.ask("POST", "/metrics/query", json=body)
    assert answer.status_code == 200, answer.text
    return {
        found["key"]: list(zip(found["steps"], found["values"], strict=True))
        for found in answer.json()["series"]
    }


def _points(user: User) -> Iterator[str]:
    """What people see of a run of points: each step once, in order, with its one value."""
    for run in user.states():
        if not run["name"].startswith("points"):
            continue
        points = series(user, run["id"], ["reward"]).get("reward", [])
        steps = [step for step, _ in points]
        if steps != list(range(1, len(steps) + 1)):
            missing = sorted(set(range(1, max(steps) + 1)) - set(steps))
            yield f"run {run['name']}: of {len(steps)} steps {missing[:5]} are missing"
        if run["status"] == "completed" and len(steps) != run["max_steps"]:
            yield f"run {run['name']} completed with {len(steps)} of {run['max_steps']} steps"
        wrong = [step for step, value in points if value != value_of(run["id"], step)]
        if wrong:
            yield f"run {run['name']}: the values of steps {wrong[:5]} are not theirs"


def _acknowledged(testimony: Testimony, database: Database) -> Iterator[str]:
    """Every acknowledged metric event of every attempt is stored, and no record twice."""
    stored = _stored(database)
    expected: dict[str, Counter[int]] = defaultdict(Counter)
    for accepted in testimony.accepted.values():
        if accepted.event["type"] == "metrics" and "reward" in accepted.event["values"]:
            expected[accepted.attempt_id][accepted.event["step"]] += 1
    for attempt_id, steps in expected.items():
        have = Counter(stored.get(attempt_id, []))
        lost = steps - have
        if lost:
            yield f"attempt {attempt_id}: acknowledged steps {sorted(lost)[:5]} are not stored"
        twice = [step for step, count in have.items() if count > steps.get(step, 1)]
        if twice:
            yield f"attempt {attempt_id}: steps {twice[:5]} are stored twice"


def _stored(database: Database) -> dict[str, list[int]]:
    """Attempt id to the steps of all its stored records of `reward`."""
    with database.read() as session:
        rows = session.execute(
            select(Attempt.id, MetricChunk.data)
            .join(MetricSeries, MetricSeries.id == MetricChunk.series_id)
            .join(
                Attempt,
                (Attempt.run_id == MetricSeries.run_id) & (Attempt.number == MetricSeries.attempt),
            )
            .where(MetricSeries.key == "reward")
        ).all()
    found: dict[str, list[int]] = defaultdict(list)
    for attempt_id, data in rows:
        points: Points = unpack([data])
        found[attempt_id] += points["step"].tolist()
    return found


def _fenced(testimony: Testimony) -> Iterator[str]:
    """Nothing of an attempt was accepted that was sent after its successor had been handed out."""
    by_run: dict[str, dict[int, float]] = defaultdict(dict)
    for claim in testimony.claims.values():
        by_run[claim.run_id][claim.attempt] = claim.at
    for accepted in testimony.accepted.values():
        own = testimony.claims.get(accepted.attempt_id)
        if own is None:
            yield f"attempt {accepted.attempt_id} reports, and was never handed out"
            continue
        later = [at for number, at in by_run[own.run_id].items() if number > own.attempt]
        if later and accepted.sent > min(later):
            yield (
                f"run {own.run_name}: a {accepted.event['type']} of attempt {own.attempt} was "
                "accepted after the next one was handed out"
            )


def _real(user: User, reference: dict[int, dict[str, float]] | None) -> Iterator[str]:
    """Real runs that were interrupted have the metrics of the one that was not."""
    if reference is None:
        return
    keys = sorted({key for values in reference.values() for key in values})
    for run in user.states():
        if not run["name"].startswith("real") or run["status"] != "completed":
            continue
        found: dict[int, dict[str, float]] = defaultdict(dict)
        for key, points in series(user, run["id"], keys).items():
            for step, value in points:
                found[step][key] = value
        yield from (f"run {run['name']}: {each}" for each in compared(found, reference))


def _idle(user: User) -> Iterator[str]:
    for worker in user.ask("GET", "/workers").json():
        if worker["status"] == "online" and worker["running"]:
            yield f"worker {worker['name']} still runs {worker['running']}"


def judge_end(site: Site) -> list[str]:
    """After everything was stopped in order: no process, port or lock is left."""
    problems = [f"still runs: {command}" for command in site.left()]
    for port in site.ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                problems.append(f"port {port} still listens")
    for spool in site.spools:
        left: list[Any] = [each.name for each in spool.iterdir() if each.is_dir()]
        if left:
            problems.append(f"{spool.name} still holds {left}")
    return problems
