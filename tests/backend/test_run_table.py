"""The run table: conditions, several sorts, columns, groups, bulk changes, export, saved views."""

import csv
import io
from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient

from ahora.config import GRPO, SAAHGRPO, RunConfig
from backend.db import Database
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    at_once,
    code_of,
    create_run,
    metrics,
)

RUNS = f"{API}/runs"


def items(api: TestClient, **params: Any) -> list[dict[str, Any]]:
    answer = api.get(RUNS, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    assert answer.json()["total"] >= len(found)
    return found


def names(api: TestClient, *where: str, **params: Any) -> list[str]:
    return [run["name"] for run in items(api, where=list(where), **params)]


def config(rate: float, seed: int, alpha: float | None) -> dict[str, Any]:
    algorithm = GRPO() if alpha is None else SAAHGRPO(alpha=alpha)
    resolved = RunConfig(algorithm=algorithm, seed=seed).resolved()
    resolved["optimizer"]["learning_rate"] = rate
    return RunConfig.model_validate(resolved).resolved()


REWARDS: dict[str, list[Any]] = {
    "a": [0.1, 0.9, 0.5],
    "b": [0.2, 0.3, 0.7],
    "c": [0.45],
    "d": ["NaN", 0.6],
}


@pytest.fixture
def table(db: Database, worker: FakeWorker) -> dict[str, str]:
    """Two methods of two seeds, three of them with metrics, and one run that waits; ids by name."""
    plans = {"a": (1e-4, 0, None), "b": (1e-4, 1, None), "c": (3e-5, 0, 2.0), "d": (3e-5, 1, 2.0)}
    ids: dict[str, str] = {}
    for name, plan in plans.items():
        ids[name] = create_run(
            db, by="ana" if name < "c" else "bo", name=name, config=config(*plan)
        )
        job = worker.job()
        events = [metrics(step, reward=value) for step, value in enumerate(REWARDS[name], 1)]
        ended = {"type": "status", "status": "failed" if name == "d" else "completed"}
        sent = worker.events(job, 1, RUNNING, *events, ended | {"reason": "done"})
        assert sent.status_code == 200, sent.text
    ids["e"] = create_run(db, name="e", config=config(1e-5, 0, 0.5), tags=["x", "y"])
    return ids


CONDITIONS: list[tuple[list[str], str]] = [
    (["config.optimizer.learning_rate>3e-5"], "ba"),
    (["config.optimizer.learning_rate >= 3e-05"], "dcba"),
    (["config.optimizer.learning_rate=0.00003|1e-5"], "edc"),
    (["config.algorithm.alpha=null"], "ba"),
    (["config.algorithm.alpha!=null", "config.algorithm.alpha<1"], "e"),
    (["config.algorithm.alpha!=2"], "eba"),
    (["config.algorithm.name=sa_ah_grpo"], "edc"),
    (["config.algorithm.name~AH"], "edc"),
    (["config.rollout.dynamic_sampling=true"], ""),
    (["config.rollout.dynamic_sampling=false"], "edcba"),
    (["config.resources.labels=[]"], "edcba"),
    (["metric.reward.max>0.65"], "ba"),
    (["metric.reward.last>=0.6", "metric.reward.min<0.65"], "db"),
    (["metric.reward.mean=0.5"], "a"),
    (["metric.reward.last=null"], "e"),
    (["status=completed|queued"], "ecba"),
    (["status!=completed"], "ed"),
    (["created_by=bo"], "dc"),
    (["seed=1"], "db"),
    (["last_reward!=0.5"], "edcb"),
    (['name="a"|"b|c"'], "a"),
    (["created_at>2020-01-01", "started_at<2020-01-01"], ""),
    (["worker=null"], "e"),
]


def test_conditions(api: TestClient, table: dict[str, str]) -> None:
    for where, expected in CONDITIONS:
        assert "".join(names(api, *where)) == expected, where
    assert names(api, "seed=0", q="a", user=["ana"], status="completed") == ["a"]


BROKEN = [
    ("config.optimizer.learning_rate", "is no condition"),
    ("nonsense=1", "names no column"),
    ("metric.reward.median>1", "names no column"),
    ("metric.reward.last>high", "which is no number"),
    ("metric.reward.last~high", "looks for a text"),
    ("name<a", "cannot order"),
    ("created_at>yesterday", "which is no time"),
    ('name="a', "has a broken string"),
    ('name="\\u0000"', "has a broken string"),
    ('config.data.kind~"\\ud800"', "has a broken string"),
    ("created_at<0001-01-01T00:00:00+14:00", "which is no time"),
    (" " * 1000, "is no condition"),
    ("=1", "is no condition"),
]


def test_a_broken_condition_says_what_to_write(api: TestClient) -> None:
    for where, message in BROKEN:
        answer = api.get(RUNS, params={"where": where})
        assert code_of(answer) == (422, "invalid"), where
        assert message in answer.json()["errors"][0]["message"], where


SORTS = [
    ("config.optimizer.learning_rate,-metric.reward.last", "ed"),
    ("-metric.reward.max", "abd"),
    ("metric.reward.mean,name", "bcade"),
    ("config.algorithm.alpha,-seed", "edcba"),
    ("-config.algorithm.name,created_by,-name", "dceba"),
    ("status,-seed,name", "bac"),
]


def test_several_sorts_and_pages_of_them(api: TestClient, table: dict[str, str]) -> None:
    for sort, first in SORTS:
        whole = [run["id"] for run in items(api, sort=sort)]
        found = "".join(names(api, sort=sort))
        assert found.startswith(first), (sort, found)
        paged: list[str] = []
        cursor: str | None = None
        while True:
            asked = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = api.get(RUNS, params=asked).json()
            assert page["total"] == 5
            paged += [run["id"] for run in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert paged == whole, sort
        jumped = [items(api, sort=sort, limit=2, offset=at) for at in (0, 2, 4)]
        assert [run["id"] for page in jumped for run in page] == whole, sort
    counted = api.get(RUNS, params={"where": "seed=0", "limit": 1, "offset": 2}).json()
    assert (counted["total"], len(counted["items"])) == (3, 1)


def test_rows_carry_the_columns_asked_for(api: TestClient, table: dict[str, str]) -> None:
    column = [
        "config.optimizer.learning_rate",
        "config.algorithm.alpha",
        "config.rollout.dynamic_sampling",
        "metric.reward.min",
        "metric.reward.mean",
        "elapsed",
    ]
    values = {run["name"]: run["values"] for run in items(api, column=column)}
    assert values["a"] == {
        "config.optimizer.learning_rate": 1e-4,
        "config.rollout.dynamic_sampling": False,
        "metric.reward.min": 0.1,
        "metric.reward.mean": 0.5,
        "elapsed": 4.5,
    }
    assert values["d"]["config.algorithm.alpha"] == 2
    assert "metric.reward.min" not in values["e"]
    [d] = items(api, column="metric.reward.last", where="name=d")
    assert d["values"] == {"metric.reward.last": 0.6}


def test_a_newer_attempt_counts_for_what_is_visible_of_the_older(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run = create_run(db)
    job = worker.job()
    failed = {"type": "status", "status": "failed", "reason": "power", "error_type": "x"}
    worker.events(
        job, 1, RUNNING, *(metrics(step, reward=float(step)) for step in (1, 2, 9)), failed
    )
    assert api.post(f"{RUNS}/{run}/retry").status_code == 200
    job = worker.job()
    worker.events(job, 1, RUNNING, {"type": "resumed", "step": 2}, metrics(3, loss=1.0))
    column = [f"metric.reward.{each}" for each in ("last", "min", "max", "mean")]
    [row] = items(api, column=column)
    assert list(row["values"].values()) == [2.0, 1.0, 2.0, 1.5]
    worker.events(job, 4, metrics(4, reward=6.0))
    [row] = items(api, column=column)
    assert list(row["values"].values()) == [6.0, 1.0, 6.0, 3.0]


def test_groups_give_mean_and_spread_over_seeds(api: TestClient, table: dict[str, str]) -> None:
    asked = {
        "by": "method",
        "column": ["metric.reward.last", "seed"],
        "sort": "-metric.reward.last",
    }
    answer = api.get(f"{RUNS}/groups", params=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["total"], found["runs"]) == (3, 5)
    best, other, waits = found["items"]
    spread = best["values"]["metric.reward.last"]
    assert best["count"] == best["seeds"] == spread["count"] == 2
    assert spread["mean"] == pytest.approx(0.6)
    assert spread["std"] == pytest.approx(0.1 * 2**0.5)
    assert spread["half_width"] == pytest.approx(12.7062 * 0.1, rel=1e-4)
    assert best["example"]["algorithm"] == "grpo"
    assert best["statuses"] == {"completed": 2}
    assert other["statuses"] == {"completed": 1, "failed": 1}
    assert waits["values"]["metric.reward.last"]["mean"] is None
    # the conditions of a group give its runs, also where there is no value
    for group in found["items"]:
        assert len(names(api, *group["where"])) == group["count"]
    by = ["algorithm", "config.algorithm.alpha"]
    found = api.get(f"{RUNS}/groups", params={"by": by, "sort": "config.algorithm.alpha"}).json()
    assert [group["key"]["config.algorithm.alpha"] for group in found["items"]] == [0.5, 2.0, None]
    for group in found["items"]:
        assert len(names(api, *group["where"])) == group["count"]


def test_groups_of_any_column_are_the_runs_that_their_conditions_give(
    api: TestClient, db: Database, worker: FakeWorker, table: dict[str, str]
) -> None:
    # numbers whose squares no double holds, and one that is infinite from first to last
    for values in ({"reward": 1.7e308, "loss": "Infinity"}, {"reward": -1.7e308, "loss": 2.0}):
        worker.events(worker.job(), 1, RUNNING, metrics(1, **values))
        create_run(db, name="f", config=config(1e-5, 0, 0.5))
    columns = [column["name"] for column in api.get(f"{RUNS}/columns").json()]
    fields = [name for name in columns if name.startswith("config.")]
    for by in [*(set(columns) - set(fields)), *fields[:3]]:
        asked = {"by": by, "column": ["metric.reward.last", "seed"]}
        answer = api.get(f"{RUNS}/groups", params=asked)
        assert answer.status_code == 200, (by, answer.text)
        assert answer.json()["runs"] == 7
        for group in answer.json()["items"]:
            assert len(names(api, *group["where"])) == group["count"], (by, group["where"])
    # more columns than SQLite joins tables
    assert len(fields) > 64
    asked = {"by": "method", "column": [*fields, "metric.reward.last"]}
    answer = api.get(f"{RUNS}/groups", params=asked)
    assert answer.status_code == 200, answer.text
    assert [len(group["values"]) for group in answer.json()["items"]] == [len(fields) + 1] * 3


def test_columns_that_exist_and_what_is_in_them(api: TestClient, table: dict[str, str]) -> None:
    found = {column["name"]: column for column in api.get(f"{RUNS}/columns").json()}
    assert found["config.optimizer.learning_rate"]["kind"] == "number"
    assert found["config.rollout.dynamic_sampling"]["kind"] == "boolean"
    assert found["config.algorithm.name"]["kind"] == "text"
    assert "Largest value" in found["metric.reward.max"]["description"]
    assert "name" in found
    values = f"{RUNS}/columns/values"
    rates = api.get(values, params={"column": "config.optimizer.learning_rate"}).json()
    assert {each["value"]: each["runs"] for each in rates["values"]} == {1e-4: 2, 3e-5: 2, 1e-5: 1}
    assert (rates["low"], rates["high"]) == (1e-5, 1e-4)
    assert api.get(values, params={"column": "metric.reward.max"}).json()["high"] == 0.9


def bulk(api: TestClient, runs: list[str], action: str, **more: Any) -> dict[str, Any]:
    answer = api.post(f"{RUNS}/bulk", json={"runs": runs, "action": action, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_bulk_changes_answer_for_each_run(api: TestClient, table: dict[str, str]) -> None:
    ids = [*table.values(), "nobody"]
    asked = bulk(api, ids, "stop", dry_run=True)
    assert (asked["done"], asked["refused"]) == (1, 5)
    assert names(api, "status=queued") == ["e"]
    answer = bulk(api, ids, "stop", reason="enough")
    assert [result["outcome"] for result in answer["results"]] == ["refused"] * 4 + [
        "done",
        "refused",
    ]
    assert "is completed" in answer["results"][0]["detail"]
    assert "No run has the id" in answer["results"][-1]["detail"]
    assert bulk(api, [table["e"]], "stop")["unchanged"] == 1
    [stopped] = items(api, where="name=e")
    assert (stopped["status"], stopped["status_reason"]) == ("stopped", "enough")

    asked = bulk(api, [table["a"], "nobody"], "tag", add=["z"], dry_run=True)
    assert [result["outcome"] for result in asked["results"]] == ["done", "refused"]
    many = bulk(api, [table["e"]], "tag", add=[f"t{number}" for number in range(49)])
    assert "50 are allowed" in many["results"][0]["detail"]
    assert items(api, tag="z") == []
    answer = bulk(api, [table["a"], table["e"]], "tag", add=["z", "x"], remove=["y"])
    assert answer["done"] == 2
    assert {run["name"]: run["tags"] for run in items(api, tag="z")} == {
        "e": ["x", "z"],
        "a": ["z", "x"],
    }
    assert bulk(api, [table["a"]], "tag", add=["x"])["unchanged"] == 1
    assert bulk(api, [table["a"], table["b"]], "delete")["done"] == 2
    assert names(api, deleted=True) == ["b", "a"]
    assert bulk(api, [table["a"]], "restore")["results"][0]["detail"] == "completed"
    assert len(names(api)) == 4


def test_two_may_change_the_same_runs_at_once_in_any_order(api: TestClient, db: Database) -> None:
    ids = [create_run(db) for _ in range(60)]
    answers: dict[str, dict[str, Any]] = {}

    def tag(name: str, runs: list[str]) -> None:
        answers[name] = bulk(api, runs, "tag", add=[name])

    at_once(lambda: tag("up", ids), lambda: tag("down", ids[::-1]))
    assert [result["run_id"] for result in answers["up"]["results"]] == ids
    assert [result["run_id"] for result in answers["down"]["results"]] == ids[::-1]
    assert all(set(run["tags"]) == {"up", "down"} for run in items(api, limit=60))


def test_all_that_match_and_their_export(api: TestClient, table: dict[str, str]) -> None:
    asked = {"where": "seed=0", "sort": "-metric.reward.max"}
    found = api.get(f"{RUNS}/ids", params=asked).json()
    assert found == {"ids": [table["a"], table["c"], table["e"]], "total": 3}
    columns = ["metric.reward.max", "config.optimizer.learning_rate", "created_by"]
    body = {"runs": found["ids"], "columns": columns}
    rows = list(csv.reader(io.StringIO(api.post(f"{RUNS}/export", json=body).text)))
    assert rows[0] == ["id", "name", "project", "status", "tags", *columns]
    assert rows[1] == [table["a"], "a", "default", "completed", "", "0.9", "0.0001", "ana"]
    assert rows[3][4:6] == ["x y", ""]
    listed = api.post(f"{RUNS}/export", json=body | {"format": "json"}).json()
    assert listed[0]["metric.reward.max"] == 0.9
    assert listed[2]["tags"] == ["x", "y"]
    api.patch(f"{RUNS}/{table['a']}", json={"name": "=1+1"})
    assert ",'=1+1," in api.post(f"{RUNS}/export", json=body).text


def test_saved_views(api: TestClient, connect: Any) -> None:
    body = {"project": "p", "name": "Best", "query": "sort=-metric.reward.max&col=name"}
    made = api.post(f"{API}/views", json=body)
    assert made.status_code == 201, made.text
    view = made.json()
    assert (view["owner"], view["query"]) == ("tester", body["query"])
    assert code_of(api.post(f"{API}/views", json=body)) == (409, "view-name-taken")
    other = api.post(f"{API}/views", json=body | {"name": "Other"}).json()
    mate = connect("user", "mate")
    one = f"{API}/views/{view['id']}"
    renamed = mate.patch(one, json={"name": "Best of all", "query": "q=x"}).json()
    assert (renamed["name"], renamed["query"], renamed["owner"]) == ("Best of all", "q=x", "tester")
    assert code_of(mate.patch(one, json={"name": "Other"})) == (409, "view-name-taken")
    shared = mate.get(f"{API}/views", params={"project": "p"}).json()
    assert [each["name"] for each in shared] == ["Best of all", "Other"]
    assert mate.get(f"{API}/views", params={"project": "none"}).json() == []
    assert mate.delete(f"{API}/views/{other['id']}").status_code == 204
    assert code_of(mate.delete(f"{API}/views/{other['id']}")) == (404, "view-not-found")
    assert len(mate.get(f"{API}/views").json()) == 1


def test_one_name_of_views_saved_at_once_is_taken_once(api: TestClient) -> None:
    codes: list[int] = []

    def save(name: str) -> None:
        answer = api.post(f"{API}/views", json={"project": "p", "name": name, "query": "q=x"})
        codes.append(answer.status_code)

    names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    for name in names:
        at_once(*[partial(save, name)] * 3)
    assert sorted(codes) == [201] * len(names) + [409] * 2 * len(names)
