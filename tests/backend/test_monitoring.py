"""What the dashboard reads: metrics, logs, rollouts, checkpoints, comparisons, exports."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from ahora.metrics import METRICS
from backend.db import Database
from backend.db.models import Attempt
from backend.metrics import service as metric_service
from backend.settings import Settings
from tests.backend.support import (
    API,
    RUNNING,
    FakeWorker,
    checkpoint,
    code_of,
    config,
    create_run,
    log,
    metrics,
    timeless,
)

REQUEUE = {"type": "status", "status": "queued"}


def rollout(step: int, index: int, reward: float | None, signal: bool = True) -> dict[str, Any]:
    completion = {
        "text": "4=", "tokens": ["4", "="], "token_ids": [1, 2], "entropy": [0.5, "NaN"],
        "weight": [1.0, 0.5], "logprob": [-0.1, "-Infinity"], "reward": reward,
        "rewards": {"exact": reward}, "advantage": 0.0, "truncated": False, "correct": False,
    }  # fmt: skip
    group = {
        "step": step, "index": index, "prompt_id": f"p{index}", "prompt": "2+2", "answer": "4",
        "completions": [completion, completion], "reward_mean": reward, "reward_std": 0.0,
        "has_signal": signal,
    }  # fmt: skip
    return {"type": "rollout", "group": group}


@pytest.fixture
def job(db: Database, worker: FakeWorker) -> dict[str, Any]:
    create_run(db)
    return worker.job()


def get(api: TestClient, path: str, **params: Any) -> Any:
    answer = api.get(f"{API}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_registry_is_served_whole(api: TestClient) -> None:
    found = get(api, "/metrics/registry")
    assert [metric["name"] for metric in found["metrics"]] == [metric.name for metric in METRICS]
    assert {metric["group"] for metric in found["metrics"]} <= set(found["groups"])


def test_series_of_many_runs_are_downsampled_and_cut(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    jobs = []
    for slot in range(2):
        create_run(db)
        jobs.append(worker.job(slot=slot))
    for place, one in enumerate(jobs):
        steps = [metrics(step, reward=float(step % 7 + place), x=1.0) for step in range(1, 101)]
        assert worker.events(one, 1, *steps).status_code == 200
    runs = [one["run_id"] for one in jobs]
    body = {"runs": [*runs, "unknown"], "keys": ["reward", "none"], "max_points": 20}
    found = api.post(f"{API}/metrics/query", json=body).json()["series"]
    assert [(one["run_id"], one["key"]) for one in found] == [(run, "reward") for run in runs]
    for place, one in enumerate(found):
        assert (one["total_points"], one["downsampled"]) == (100, True)
        assert len(one["steps"]) <= 22
        assert one["steps"][-1] == 100
        assert (min(one["values"]), max(one["values"])) == (place, 6 + place)
        assert one["elapsed"] == [step * 1.5 for step in one["steps"]]
        assert one["tokens"] == [step * 10 for step in one["steps"]]
    asked = {"runs": runs[:1], "keys": ["reward"], "max_points": 20, "envelope": True}
    (coarse,) = api.post(f"{API}/metrics/query", json=asked).json()["series"]
    assert coarse["downsampled"]
    assert (min(coarse["low"]), max(coarse["high"])) == (0, 6)
    assert coarse["values"][-1] == coarse["low"][-1] == coarse["high"][-1] == 100 % 7
    (true,) = api.post(f"{API}/metrics/query", json=asked | {"min_step": 90}).json()["series"]
    assert (true["downsampled"], true["low"], len(true["steps"])) == (False, None, 11)
    cut = api.post(f"{API}/metrics/query", json={"runs": runs[:1], "min_step": 40, "max_step": 42})
    assert [(one["key"], one["steps"]) for one in cut.json()["series"]] == [
        ("reward", [40, 41, 42]),
        ("x", [40, 41, 42]),
    ]


def test_an_answer_that_would_be_too_large_is_refused(
    api: TestClient, worker: FakeWorker, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.events(job, 1, *[metrics(step, reward=1.0) for step in range(30)])
    monkeypatch.setattr(metric_service, "ANSWER_POINTS", 20)
    query = {"runs": [job["run_id"]]}
    assert code_of(api.post(f"{API}/metrics/query", json=query)) == (422, "too-many-points")
    assert api.post(f"{API}/metrics/query", json=query | {"max_points": 20}).status_code == 200


@pytest.mark.parametrize("start_step", [0, 3])
def test_a_later_attempt_supersedes_what_lies_beyond_its_start(
    api: TestClient, db: Database, worker: FakeWorker, job: dict[str, Any], start_step: int
) -> None:
    def attempt(one: dict[str, Any], steps: range, reward: float) -> Any:
        events = [RUNNING, log(f"attempt {one['attempt']}")]
        for step in steps:
            events += [
                metrics(step, reward=reward),
                rollout(step, 0, reward),
                checkpoint(one, step, "adapter.safetensors"),
            ]
        return worker.events(one, 1, *events, REQUEUE)

    run = job["run_id"]
    assert attempt(job, range(7), 1.0).status_code == 200
    second = worker.job()
    with db.write() as session:
        session.execute(
            update(Attempt).where(Attempt.id == second["attempt_id"]).values(start_step=start_step)
        )
    # as soon as the newer attempt is claimed, before it has reported
    [series] = api.post(f"{API}/metrics/query", json={"runs": [run]}).json()["series"]
    assert series["steps"] == list(range(start_step + 1))
    assert attempt(second, range(start_step, start_step + 3), 2.0).status_code == 200

    steps = list(range(start_step + 3))
    rewards = [1.0] * start_step + [2.0] * 3
    [series] = api.post(f"{API}/metrics/query", json={"runs": [run]}).json()["series"]
    assert (series["steps"], series["values"]) == (steps, rewards)
    [summary] = get(api, f"/runs/{run}/metrics")["metrics"]
    assert (summary["count"], summary["last_step"], summary["last"]) == (len(steps), steps[-1], 2.0)
    assert summary["mean"] == pytest.approx(sum(rewards) / len(rewards))
    listed = get(api, f"/runs/{run}/rollouts")
    assert [(one["step"], one["reward_mean"]) for one in listed] == list(
        zip(steps, rewards, strict=True)
    )
    assert get(api, f"/runs/{run}/rollouts/{start_step}")["groups"][0]["reward_mean"] == 2.0
    assert api.get(f"{API}/runs/{run}/rollouts/6").status_code == 404
    saved = {(one["attempt"], one["step"]) for one in get(api, f"/runs/{run}/checkpoints")}
    assert saved == {(1, step) for step in range(start_step + 1)} | {
        (2, step) for step in range(start_step, start_step + 3)
    }
    lines = get(api, f"/runs/{run}/logs")["items"]
    assert [(line["attempt"], line["message"]) for line in lines] == [
        (1, "attempt 1"),
        (2, "attempt 2"),
    ]


def test_pages_of_the_log(api: TestClient, worker: FakeWorker, job: dict[str, Any]) -> None:
    levels = ["debug", "info", "warning", "error"]
    events = [log(f"line {n} 100%_\\", levels[n % 4]) for n in range(10)]
    worker.events(job, 1, *events)
    path = f"/runs/{job['run_id']}/logs"

    def ids(**params: Any) -> tuple[list[int], str | None]:
        page = get(api, path, **params)
        return [line["id"] for line in page["items"]], page["next_cursor"]

    assert ids() == (list(range(1, 11)), None)
    assert ids(limit=3) == ([8, 9, 10], "8")
    assert ids(limit=3, before=8) == ([5, 6, 7], "5")
    assert ids(limit=5, before=5) == ([1, 2, 3, 4], None)
    assert ids(limit=3, after=0) == ([1, 2, 3], "3")
    assert ids(after=8) == ([9, 10], None)
    assert ids(after=10) == ([], None)
    assert ids(level="warning") == ([3, 4, 7, 8], None)
    assert ids(q="LINE 3") == ([4], None)
    assert ids(q="0%_\\", limit=2) == ([9, 10], "9")
    assert ids(q="%_%") == ([], None)
    assert code_of(api.get(f"{API}{path}", params={"level": "loud"})) == (422, "invalid")


def test_rollouts_are_listed_and_read_token_by_token(
    api: TestClient, worker: FakeWorker, job: dict[str, Any]
) -> None:
    run = job["run_id"]
    worker.events(
        job, 1, rollout(10, 1, 0.25), rollout(10, 0, 0.75, signal=False), rollout(20, 0, None)
    )
    assert get(api, f"/runs/{run}/rollouts") == [
        {"step": 10, "groups": 2, "reward_mean": 0.5, "completions": 4, "with_signal": 1},
        {"step": 20, "groups": 1, "reward_mean": None, "completions": 2, "with_signal": 1},
    ]
    found = get(api, f"/runs/{run}/rollouts/10")
    assert found["groups"] == [
        rollout(10, 0, 0.75, signal=False)["group"],
        rollout(10, 1, 0.25)["group"],
    ]
    assert code_of(api.get(f"{API}/runs/{run}/rollouts/11")) == (404, "rollouts-not-found")
    assert code_of(api.get(f"{API}/runs/{run}/rollouts/-1")) == (422, "invalid")


def test_only_files_of_accepted_checkpoints_can_be_downloaded(
    api: TestClient, worker: FakeWorker, job: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    run = job["run_id"]
    event = checkpoint(job, 5, "adapter.safetensors", 'sub/ünï "x".json', "link.json", "gone.json")
    folder = Path(settings.artifacts) / event["path"]
    (folder / "sub").mkdir(parents=True)
    (folder / "adapter.safetensors").write_bytes(b"abc" * 1_000_000)
    (folder / "sub" / 'ünï "x".json').write_text("{}")
    (folder / "unlisted.json").write_text("{}")
    (tmp_path / "secret").write_text("secret")
    (folder / "link.json").symlink_to(tmp_path / "secret")
    assert get(api, f"/runs/{run}/checkpoints") == []
    worker.events(job, 1, event)
    [saved] = get(api, f"/runs/{run}/checkpoints")
    assert (saved["step"], saved["kind"], saved["size"]) == (5, "adapter", 12)
    base = f"{API}/runs/{run}/checkpoints/{saved['id']}/files"

    answer = api.get(f"{base}/adapter.safetensors")
    assert answer.content == b"abc" * 1_000_000
    assert answer.headers["content-length"] == "3000000"
    assert (
        answer.headers["content-disposition"] == "attachment; filename*=utf-8''adapter.safetensors"
    )
    answer = api.get(f"{base}/sub/%C3%BCn%C3%AF%20%22x%22.json")
    assert answer.content == b"{}"
    assert answer.headers["content-disposition"].endswith("''%C3%BCn%C3%AF%20%22x%22.json")

    for path in (
        "unlisted.json", "link.json", "gone.json", "..%2F..%2F..%2F..%2Fsecret",
        "sub/..%2f..%2funlisted.json", "%2Fetc%2Fpasswd", "sub",
    ):  # fmt: skip
        assert code_of(api.get(f"{base}/{path}")) == (404, "checkpoint-file-not-found"), path
    assert code_of(api.get(f"{base}/adapter.safetensors%00")) == (400, "bad-request")
    other = api.get(f"{API}/runs/{run}/checkpoints/nope/files/adapter.safetensors")
    assert code_of(other) == (404, "checkpoint-not-found")

    worker.events(job, 2, {"type": "checkpoint_removed", "step": 5})
    assert get(api, f"/runs/{run}/checkpoints") == []
    assert code_of(api.get(f"{base}/adapter.safetensors")) == (404, "checkpoint-not-found")


def test_the_newest_of_the_checkpoints_that_were_the_best_is_the_best(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run = create_run(db)
    job = worker.job()
    events = [
        checkpoint(job, step, "adapter.safetensors") | {"best": best}
        for step, best in ((1, True), (2, False), (3, True), (4, False))
    ]
    worker.events(job, 1, RUNNING, *events)
    found = get(api, f"/runs/{run}/checkpoints")
    assert [(each["step"], each["best"]) for each in found] == [
        (4, False), (3, True), (2, False), (1, False),
    ]  # fmt: skip


def test_runs_are_compared(api: TestClient, db: Database, worker: FakeWorker) -> None:
    runs = []
    for slot, (name, alpha) in enumerate((("one", 0.5), ("two", 2.0))):
        runs.append(create_run(db, name=name, config=config(algorithm={"alpha": alpha})))
        one = worker.job(slot=slot)
        steps = [metrics(step, reward=float(step % 2), entropy=1.0) for step in range(1, 11)]
        evaluations = [
            metrics(0) | {"values": {"eval/pass@1": 0.25}},
            metrics(10) | {"values": {"eval/pass@1": 0.5 + alpha / 10}},
        ]
        worker.events(one, 1, RUNNING, *steps, *evaluations)
    found = get(api, "/compare", runs=",".join(runs))
    assert [row["run_id"] for row in found["runs"]] == runs
    row = found["runs"][1]
    assert (row["baseline_pass_at_1"], row["peak_pass_at_1"], row["peak_step"]) == (0.25, 0.7, 10)
    assert (row["steps"], row["collapsed"], row["variance_window"]) == (10, False, [2, 10])
    # 0 1 0 1 0 1 0 1 0 over steps 2 to 10: five ones would be 5/9; here rewards are 0 1 ... 0
    assert row["training_variance"] == pytest.approx((5 * (4 / 9) ** 2 + 4 * (5 / 9) ** 2) / 8)
    assert found["differences"] == [
        {"path": "algorithm.alpha", "values": {runs[0]: 0.5, runs[1]: 2.0}}
    ]
    assert any("Too few seeds" in remark for remark in found["remarks"])
    assert any("Not finished yet" in remark for remark in found["remarks"])
    assert code_of(api.get(f"{API}/compare", params={"runs": f"{runs[0]},x"})) == (
        404,
        "run-not-found",
    )
    assert code_of(api.get(f"{API}/compare", params={"runs": " , "})) == (422, "invalid")


def test_all_points_of_metrics_are_exported_side_by_side(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run = create_run(db)
    count = 12_345
    events = [metrics(step, reward=step / 2) for step in range(1, count + 1)]
    one = worker.job()
    for start in range(0, count, 500):
        worker.events(one, start + 1, *events[start : start + 500])
    worker.events(one, count + 1, metrics(count, **{"=loss": "NaN"}))
    query = {"key": ["reward", "=loss", "gone"]}
    answer = api.get(f"{API}/runs/{run}/points.csv", params=query)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert header == ["step", "elapsed", "tokens", "reward", "'=loss"]
    assert [int(row[0]) for row in rows] == list(range(1, count + 1))
    assert rows[0] == ["1", "1.5", "10", "0.5", ""]
    assert rows[-1][3:] == [repr(count / 2), "NaN"]
    nothing = api.get(f"{API}/runs/{run}/points.csv", params={"key": "gone"})
    assert nothing.text == "step,elapsed,tokens\r\n"
    assert api.get(f"{API}/runs/gone/points.csv", params=query).status_code == 404
    assert api.get(f"{API}/runs/{run}/points.csv").status_code == 422


def test_a_run_is_exported_whole(api: TestClient, db: Database, worker: FakeWorker) -> None:
    run = create_run(db, name='=HYPERLINK("x")', notes="-1+1\nsecond line", tags=["@tag"])
    one = worker.job()
    worker.events(
        one, 1, {"type": "provenance", "values": {"host": "+evil"}},
        metrics(1, reward=-0.5, loss="NaN"), metrics(2, reward="-Infinity"),
    )  # fmt: skip
    answer = api.get(f"{API}/runs/{run}/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="HYPERLINK-x-{run}.json"'
    whole = answer.json()
    assert timeless(whole["run"]) == timeless(get(api, f"/runs/{run}"))
    assert whole["metrics"] == {
        "loss": {"steps": [1], "values": ["NaN"], "elapsed": [1.5], "tokens": [10]},
        "reward": {
            "steps": [1, 2], "values": [-0.5, "-Infinity"], "elapsed": [1.5, 3.0], "tokens": [10, 20],
        },
    }  # fmt: skip

    answer = api.get(f"{API}/runs/{run}/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows[0] == ["section", "name", "step", "elapsed", "tokens", "value"]
    value = {(row[0], row[1]): row[-1] for row in rows if row[0] != "metric"}
    assert value["run", "name"] == '\'=HYPERLINK("x")'
    assert value["run", "notes"] == "'-1+1\nsecond line"
    assert value["run", "tags"] == '["@tag"]'
    assert value["config", "algorithm.alpha"] == "0.5"
    assert value["provenance", "1.host"] == "'+evil"
    assert [row for row in rows if row[0] == "metric"] == [
        ["metric", "loss", "1", "1.5", "10", "NaN"],
        ["metric", "reward", "1", "1.5", "10", "-0.5"],
        ["metric", "reward", "2", "3.0", "20", "-Infinity"],
    ]
    assert code_of(api.get(f"{API}/runs/{run}/export", params={"format": "xls"})) == (
        422,
        "invalid",
    )


@pytest.mark.parametrize(
    "path", ["metrics", "logs", "rollouts", "rollouts/1", "checkpoints", "export"]
)
def test_an_unknown_run_is_404(api: TestClient, path: str) -> None:
    assert code_of(api.get(f"{API}/runs/unknown/{path}")) == (404, "run-not-found")
