"""Rules and alerts over HTTP, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from backend.db import Database
from backend.db.models import StreamItem
from backend.rules.builtin import BUILT_IN
from backend.rules.silence import SilenceWatch
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    code_of,
    create_run,
    log,
    metrics,
)

LOW = {"kind": "threshold", "metric": "reward", "op": "<", "value": 0.1, "reports": 2}


def rule(condition: dict[str, Any] = LOW, **fields: Any) -> dict[str, Any]:
    return {"name": "Low reward", "condition": condition, **fields}


@pytest.fixture
def job(db: Database, worker: FakeWorker) -> dict[str, Any]:
    create_run(db)
    job = worker.job()
    worker.events(job, 1, RUNNING)
    return job


def write(api: TestClient, place: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.put(f"{API}/{place}/rules/{key}", json=body)
    assert answer.status_code == 200, answer.text
    written: dict[str, Any] = answer.json()
    return written


def alerts(api: TestClient, run_id: str) -> list[dict[str, Any]]:
    answer = api.get(f"{API}/runs/{run_id}/alerts")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def names(api: TestClient, run_id: str) -> list[str]:
    found: list[str] = api.get(f"{API}/runs/{run_id}").json()["alerts"]
    return found


def test_a_rule_raises_one_alert_that_ends_and_comes_back(
    api: TestClient, db: Database, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    write(api, "projects/default", "low", rule(advice="Look at the prompts."))
    worker.events(job, 2, metrics(1, reward=0.0), metrics(2, reward=0.05))
    (one,) = alerts(api, run_id)
    assert (one["rule"], one["active"], one["step"], one["value"]) == ("low", True, 2, 0.05)
    assert one["sentence"] == (
        "reward was 0.05 at step 2: below 0.1 in 2 reports in a row, since step 2."
    )
    assert one["advice"] == "Look at the prompts."
    assert names(api, run_id) == ["Low reward"]
    worker.events(job, 4, metrics(3, reward=0.02))
    (still,) = alerts(api, run_id)
    assert (still["id"], still["last_step"], still["occurrences"]) == (one["id"], 3, 1)
    worker.events(job, 5, metrics(4, reward=0.5))
    (over,) = alerts(api, run_id)
    assert not over["active"]
    assert over["resolved_at"] is not None
    assert names(api, run_id) == []
    worker.events(job, 6, metrics(5, reward=0.0), metrics(6, reward=0.0))
    (again,) = alerts(api, run_id)
    assert (again["active"], again["occurrences"], again["step"]) == (True, 2, 6)
    with db.read() as session:
        query = select(StreamItem.kind).where(StreamItem.run_id == run_id)
        assert list(session.scalars(query)).count("alert") == 3
    page = api.get(f"{API}/alerts", params={"project": "default", "active": True}).json()
    assert [(each["run_id"], each["rule"]) for each in page] == [(run_id, "low")]
    assert api.get(f"{API}/alerts", params={"project": "other"}).json() == []


def test_the_built_in_rules_watch_every_run(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    listed = api.get(f"{API}/projects/default/rules").json()
    assert [each["key"] for each in listed] == list(BUILT_IN)
    worker.events(
        job,
        2,
        *(
            metrics(
                step,
                **{"frac_reward_zero_std": 1.0, "kl": 2.0, "loss": "NaN", "entropy/collapsed": 1.0},
            )
            for step in range(1, 6)
        ),
    )
    found = {each["rule"]: each for each in alerts(api, run_id)}
    assert set(found) == {"entropy-collapse", "kl-blowup", "no-signal", "not-finite"}
    assert found["not-finite"]["value"] is None
    assert found["not-finite"]["metric"] == "loss"
    assert all(each["advice"] for each in found.values())


def test_a_reward_that_stalls_and_lengths_that_blow_up_are_found(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    reports = [
        metrics(step, **{"reward": 0.3, "completions/mean_length": 50.0 if step < 150 else 120.0})
        for step in range(1, 160)
    ]
    assert worker.events(job, 2, *reports).status_code == 200
    found = {each["rule"]: each for each in alerts(api, job["run_id"])}
    assert set(found) == {"reward-stalled", "length-blowup"}
    assert found["length-blowup"]["step"] == 154


def test_a_rule_may_pause_the_run_unless_somebody_knows(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    write(api, f"runs/{run_id}", "low", rule(action="pause"))
    answer = worker.events(job, 2, metrics(1, reward=0.0), metrics(2, reward=0.0)).json()
    assert answer["desired"] == "pause"
    (one,) = alerts(api, run_id)
    assert one["paused"]
    change = api.get(f"{API}/runs/{run_id}/timeline").json()[-1]
    assert (change["to_status"], change["actor"], change["actor_name"]) == (
        "pausing",
        "rule",
        "Low reward",
    )
    assert change["reason"].startswith("Low reward: reward was 0")
    known = api.post(f"{API}/runs/{run_id}/alerts/low/acknowledge").json()
    assert known["acknowledged_by"] == "tester"
    assert names(api, run_id) == []
    worker.events(job, 4, {"type": "status", "status": "paused"})
    api.post(f"{API}/runs/{run_id}/resume")
    again = worker.job(slot=1)
    worker.events(again, 1, RUNNING, metrics(3, reward=1.0))
    answer = worker.events(again, 3, metrics(4, reward=0.0), metrics(5, reward=0.0)).json()
    assert answer["desired"] == "continue"
    assert alerts(api, run_id)[0]["active"]


def test_a_rule_written_later_sees_what_was_reported_before(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    worker.events(job, 2, metrics(1, reward=0.0))
    write(api, "projects/default", "low", rule())
    worker.events(job, 3, metrics(2, reward=0.0))
    assert alerts(api, run_id)[0]["step"] == 2
    write(api, "projects/default", "low", rule(LOW | {"value": -1.0}))
    worker.events(job, 4, metrics(3, reward=0.0))
    assert not alerts(api, run_id)[0]["active"], "a rule that was changed judges anew"


def test_a_resume_forgets_what_it_supersedes(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    write(api, "projects/default", "low", rule())
    worker.events(job, 2, metrics(1, reward=0.0), metrics(2, reward=0.0), metrics(3, reward=0.0))
    assert alerts(api, run_id)[0]["active"]
    worker.events(job, 5, {"type": "status", "status": "queued"})
    again = worker.job(slot=1)
    resumed = {"type": "resumed", "step": 1, "path": "/somewhere", "reason": ""}
    worker.events(again, 1, resumed, RUNNING, metrics(2, reward=1.0))
    assert not alerts(api, run_id)[0]["active"]
    worker.events(again, 4, metrics(3, reward=0.0))
    assert not alerts(api, run_id)[0]["active"], "step 2 was no longer low"


def test_the_rule_of_a_run_comes_before_that_of_its_project_and_the_built_in_one(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    kl = {"kind": "threshold", "metric": "kl", "op": ">", "value": 5.0}
    write(api, "projects/default", "kl-blowup", rule(kl, enabled=False))
    mine = write(api, f"runs/{run_id}", "kl-blowup", rule(kl | {"value": 7.0}))
    assert (mine["origin"], mine["built_in"], mine["changed_by"]) == ("run", True, "tester")
    by_key = {one["key"]: one for one in api.get(f"{API}/runs/{run_id}/rules").json()}
    assert by_key["kl-blowup"]["condition"]["value"] == 7.0
    assert api.delete(f"{API}/runs/{run_id}/rules/kl-blowup").status_code == 204
    by_key = {one["key"]: one for one in api.get(f"{API}/runs/{run_id}/rules").json()}
    assert by_key["kl-blowup"]["origin"] == "project"
    assert not by_key["kl-blowup"]["enabled"]
    gone = api.delete(f"{API}/runs/{run_id}/rules/kl-blowup")
    assert code_of(gone) == (404, "rule-not-found")


def test_disabling_a_rule_ends_its_alerts(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    worker.events(job, 2, *(metrics(step, kl=9.0) for step in range(1, 4)))
    assert names(api, run_id) == ["KL blow-up"]
    body = {
        key: BUILT_IN["kl-blowup"].model_dump(mode="json")[key] for key in ("name", "condition")
    }
    write(api, "projects/default", "kl-blowup", body | {"enabled": False})
    assert names(api, run_id) == []
    worker.events(job, 5, metrics(4, kl=9.0))
    assert names(api, run_id) == []


@pytest.mark.parametrize(
    ("key", "body", "field"),
    [
        ("low", rule({"kind": "threshold", "metric": "x", "op": "=", "value": 1}), "op"),
        ("low", rule({"kind": "shift", "metric": "x", "direction": "rises", "by": 0}), "by"),
        ("low", rule({"kind": "silence", "minutes": "NaN"}), "minutes"),
        ("low", rule({"kind": "guess"}), "condition"),
        ("silence", rule(), "condition.kind"),
        ("No Key", rule(), "key"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    api: TestClient, db: Database, key: str, body: dict[str, Any], field: str
) -> None:
    create_run(db)
    answer = api.put(f"{API}/projects/default/rules/{key}", json=body)
    assert code_of(answer)[0] == 422
    assert any(field in error["path"] for error in answer.json()["errors"])


def test_what_is_not_there(api: TestClient, job: dict[str, Any]) -> None:
    assert code_of(api.get(f"{API}/projects/none/rules")) == (404, "project-not-found")
    assert code_of(api.put(f"{API}/runs/none/rules/low", json=rule())) == (404, "run-not-found")
    none = api.post(f"{API}/runs/{job['run_id']}/alerts/low/acknowledge")
    assert code_of(none) == (404, "alert-not-found")


def test_silence_is_found_by_any_process_and_ends_with_the_next_word(
    api: TestClient, db: Database, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run_id = job["run_id"]
    now = 0.0

    def clock() -> float:
        return now

    processes = [SilenceWatch(db, clock), SilenceWatch(db, clock)]

    def sweep() -> list[str]:
        for each in processes:
            each.sweep()
        return names(api, run_id)

    sample = {"type": "system", "elapsed": 1.0, "values": {"system/memory": 1.0}}
    assert sweep() == []
    now += 14 * 60
    assert worker.events(job, 2, sample, log("x") | {"source": "supervisor"}).status_code == 200
    assert sweep() == []
    now += 61
    assert sweep() == ["No news"], "what the supervisor says does not count"
    (one,) = alerts(api, run_id)
    assert one["occurrences"] == 1
    processes = [SilenceWatch(db, clock)]
    assert sweep() == ["No news"], "a restarted process knows no better"
    worker.events(job, 4, log("here I am"))
    assert sweep() == []
    now += 16 * 60
    assert sweep() == ["No news"]
    assert alerts(api, run_id)[0]["occurrences"] == 2
    worker.events(job, 5, {"type": "status", "status": "completed"})
    assert sweep() == []
