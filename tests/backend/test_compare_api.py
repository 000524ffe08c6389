"""Comparisons over HTTP, on both databases: groups, curves, exports."""

import csv
import io
import math
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.db import Database
from tests.backend.support import API, RUNNING, FakeWorker, code_of, create_run, metrics


@pytest.fixture
def study(db: Database, worker: FakeWorker) -> dict[str, list[str]]:
    """Two seeds of GRPO and of SA-AH-GRPO, three steps each."""
    made: dict[str, list[str]] = {"grpo": [], "sa_ah_grpo": []}
    for name, alpha in (("grpo", {}), ("sa_ah_grpo", {"alpha": 2.0})):
        for seed in (0, 1):
            changed = {"algorithm": {"name": name, **alpha}, "seed": seed}
            run = create_run(db, name=f"{name} {seed}", config=changed, tags=["study", name])
            made[name].append(run)
            job = worker.job()
            better = 0.1 if name == "sa_ah_grpo" else 0.0
            steps = [metrics(0, **{"eval/pass@1": 0.25})]
            steps += [metrics(s, reward=s / 10 + seed / 10 + better) for s in (1, 2, 3)]
            steps += [metrics(3, **{"eval/pass@1": 0.5 + better + seed / 8})]
            done = {"type": "status", "status": "completed"}
            assert worker.events(job, 1, RUNNING, *steps, done).status_code == 200
    return made


def compared(api: TestClient, runs: list[str], **params: Any) -> dict[str, Any]:
    answer = api.get(f"{API}/compare", params={"runs": ",".join(runs), **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_groups_are_compared_with_a_baseline(api: TestClient, study: dict[str, list[str]]) -> None:
    runs = [*study["sa_ah_grpo"], *study["grpo"]]
    found = compared(api, runs)
    assert found["group_by"] == "seeds"
    assert found["keys"] == ["eval/pass@1", "reward"]
    ours, base = found["groups"]
    assert (ours["label"], ours["run_ids"], ours["seeds"]) == (
        "SA-AH-GRPO alpha 2",
        study["sa_ah_grpo"],
        [0, 1],
    )
    assert found["baseline"] == base["id"] == study["grpo"][0]
    assert base["measures"]["final_reward"]["versus"] is None
    passed = ours["measures"]["final_pass_at_1"]
    # 0.6 and 0.725; t with 1 degree of freedom 12.7062, standard error 0.0625
    assert passed["estimate"]["mean"] == pytest.approx(0.6625)
    assert passed["estimate"]["high"] == pytest.approx(0.6625 + 12.7062 * 0.0625)
    versus = passed["versus"]
    assert versus["estimate"]["mean"] == pytest.approx(0.1)
    assert (versus["paired"], versus["p"], versus["smallest_p"]) == (True, 0.5, 0.5)
    assert versus["words"] == "2 seeds: too few to tell"
    # rewards 2 and 3 tenths in both: equal variances
    assert ours["measures"]["training_variance"]["versus"]["estimate"]["mean"] == pytest.approx(1)
    assert "GRPO · SA-AH-GRPO alpha 2: 2 seeds: too few to tell." in found["remarks"]
    rows = {row["run_id"]: row for row in found["runs"]}
    row = rows[runs[0]]
    assert (row["status"], row["algorithm"], row["seed"]) == ("completed", "sa_ah_grpo", 0)
    assert row["tags"] == ["study", "sa_ah_grpo"]


def test_groups_are_made_as_asked(api: TestClient, study: dict[str, list[str]]) -> None:
    runs = [*study["grpo"], *study["sa_ah_grpo"]]

    def labels(**params: Any) -> list[str]:
        return [group["label"] for group in compared(api, runs, **params)["groups"]]

    assert labels(group_by="run") == ["grpo 0", "grpo 1", "sa_ah_grpo 0", "sa_ah_grpo 1"]
    assert labels(group_by="tags") == ["grpo", "sa_ah_grpo"]
    assert labels(group_by="seed") == ["seed 0", "seed 1"]
    hand = [f"a: b:{runs[0]},{runs[3]}", f"c:{runs[1]}"]
    assert labels(group_by="hand", group=hand) == ["a: b", "c", "Other runs"]
    chosen = compared(api, runs, group_by="algorithm", baseline=runs[3])
    assert chosen["baseline"] == runs[2]
    for wrong in ({"group_by": "no.such"}, {"group_by": "hand", "group": "nameless"}):
        answer = api.get(f"{API}/compare", params={"runs": ",".join(runs), **wrong})
        assert code_of(answer) == (422, "invalid")
    partial = compared(api, [runs[0], "gone"], partial=True)
    assert (partial["unknown"], len(partial["runs"])) == (["gone"], 1)
    answer = api.get(f"{API}/compare", params={"runs": "gone", "partial": True})
    assert code_of(answer) == (404, "run-not-found")


def test_an_experiment_is_compared_as_a_whole(api: TestClient) -> None:
    """However many runs it has; its configurations are the groups, and the link leads to its page."""
    axes = [{"field": "algorithm.name", "values": ["grpo", "sa_ah_grpo"]}]
    body = {"name": "wide", "config": {"max_steps": 3}, "axes": axes, "seeds": "0-59"}
    made = api.post(f"{API}/experiments", json=body).json()
    found = api.get(f"{API}/compare", params={"experiment": made["summary"]["id"]}).json()
    assert found["group_by"] == "configuration"
    assert [(each["label"], len(each["run_ids"])) for each in found["groups"]] == [
        ("GRPO", 60),
        ("SA-AH-GRPO alpha 0.5", 60),
    ]
    assert [run["seed"] for run in found["runs"][:60]] == list(range(60))
    # what all of its runs begin their names with is not told again and again
    assert any("120 runs, such as GRPO, seed 0; GRPO, seed 1" in each for each in found["remarks"])
    assert not any("wide" in each for each in found["remarks"])
    groups = [{"id": each["id"], "runs": each["run_ids"]} for each in found["groups"]]
    curves = api.post(f"{API}/compare/curves", json={"groups": groups, "keys": ["reward"]})
    assert curves.status_code == 200, curves.text
    query = {"experiment": made["summary"]["id"], "baseline": found["groups"][1]["id"]}
    text = api.get(f"{API}/compare/export", params={**query, "format": "json"}).json()
    assert text["link"].endswith(f"/experiments/{query['experiment']}?baseline={query['baseline']}")
    by_run = api.get(f"{API}/compare", params={**query, "group_by": "run"}).json()
    assert len(by_run["groups"]) == 120
    for params in (query | {"runs": by_run["groups"][0]["id"]}, {}, {"group_by": "run"}):
        assert code_of(api.get(f"{API}/compare", params=params)) == (422, "invalid")
    gone = api.get(f"{API}/compare", params={"experiment": "nosuch"})
    assert code_of(gone)[0] == 404
    assert api.delete(f"{API}/experiments/{query['experiment']}").status_code == 200
    empty = api.get(f"{API}/compare", params={"experiment": query["experiment"]})
    assert "Restore it" in empty.text


def test_mean_curves_have_bands_and_differences(
    api: TestClient, study: dict[str, list[str]]
) -> None:
    body = {
        "groups": [{"id": name, "runs": ids} for name, ids in study.items()],
        "keys": ["reward", "eval/pass@1", "none"],
    }
    answer = api.post(f"{API}/compare/curves", json=body)
    assert answer.status_code == 200, answer.text
    curves = {(each["group"], each["key"]): each for each in answer.json()["curves"]}
    assert len(curves) == 4
    reward = curves["grpo", "reward"]
    assert reward["steps"] == [1, 2, 3]
    assert reward["mean"] == pytest.approx([0.15, 0.25, 0.35])
    assert reward["high"] == pytest.approx([0.15 + 12.7062 * 0.05 + x / 10 for x in range(3)])
    assert reward["n"] == [2, 2, 2]
    assert reward["elapsed"] == [1.5, 3.0, 4.5]

    lone = {**body, "groups": [{"id": "a", "runs": study["grpo"][:1]}], "keys": ["reward"]}
    (single,) = api.post(f"{API}/compare/curves", json=lone).json()["curves"]
    assert single["low"] == ["NaN"] * 3

    against = api.post(f"{API}/compare/curves", json={**body, "baseline": "grpo"}).json()
    (reward, passed) = sorted(against["curves"], key=lambda each: -len(each["steps"]))
    assert (reward["group"], reward["paired"]) == ("sa_ah_grpo", True)
    assert reward["mean"] == pytest.approx([0.1] * 3)
    assert passed["mean"] == pytest.approx([0.0, 0.1])
    assert not any(math.isnan(float(x)) for x in reward["low"])
    wrong = api.post(f"{API}/compare/curves", json={**body, "baseline": "other"})
    assert code_of(wrong) == (422, "invalid")


def exported(api: TestClient, runs: list[str], format: str, **params: Any) -> Any:
    query = {"runs": ",".join(runs), "format": format, **params}
    answer = api.get(f"{API}/compare/export", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="comparison.{format}"'
    return answer


def test_the_report_needs_nothing_else_and_escapes_every_text(
    api: TestClient, study: dict[str, list[str]]
) -> None:
    runs = [*study["grpo"], *study["sa_ah_grpo"]]
    evil = "<script>alert(1)</script>\"'&"
    assert api.patch(f"{API}/runs/{runs[0]}", json={"name": evil}).status_code == 200
    hand = [f"{evil}:{runs[0]},{runs[1]}", f"b:{runs[2]},{runs[3]}"]
    page = exported(api, runs, "html", group_by="hand", group=hand, x="time", log=True).text
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4
    reader = Reader()
    reader.feed(page)
    assert reader.tags["svg"] >= 2
    assert not reader.tags.keys() & {"script", "link", "img", "iframe", "object"}
    # the only address is the link back, which a reader has to follow on purpose
    (link,) = reader.links
    assert link.startswith(f"http://127.0.0.1:8000/compare?runs={','.join(runs)}&by=hand&group=")
    assert link.endswith("&x=time&log=true")
    assert "url(" not in page
    assert "2 seeds: too few to tell" in page
    assert "95 % t-interval" in page


class Reader(HTMLParser):
    """Tags and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def test_the_table_runs_no_formula(api: TestClient, study: dict[str, list[str]]) -> None:
    runs = [*study["grpo"], *study["sa_ah_grpo"]]
    name = "=HYPERLINK(1)"
    assert api.patch(f"{API}/runs/{runs[0]}", json={"name": name}).status_code == 200
    rows = list(csv.DictReader(io.StringIO(exported(api, runs, "csv").text)))
    assert {row["section"] for row in rows} == {"run", "group", "versus", "config", "remark"}
    assert any(row["run"].startswith("'=HYPERLINK") for row in rows)
    assert not any(str(value).startswith(("=", "+", "@")) for row in rows for value in row.values())
    (versus,) = (
        row for row in rows if row["section"] == "versus" and row["measure"] == "final_pass_at_1"
    )
    assert float(versus["value"]) == pytest.approx(0.1)
    assert (versus["n"], versus["p"]) == ("2", "0.5")
    assert versus["note"] == "difference; paired; 2 seeds: too few to tell"


def test_the_comparison_as_json(api: TestClient, study: dict[str, list[str]]) -> None:
    found = exported(api, study["grpo"], "json", keys=["reward", "nothing"]).json()
    assert found["comparison"]["group_by"] == "run"
    assert [curve["key"] for curve in found["curves"]] == ["reward", "reward"]
    assert found["curves"][0]["low"] == ["NaN"] * 3
    gone = api.get(f"{API}/compare/export", params={"runs": "gone"})
    assert code_of(gone) == (404, "run-not-found")
