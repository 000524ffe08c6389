"""One prompt over steps, and distributions over steps, without opening a blob."""

from typing import Any

from starlette.testclient import TestClient

from backend.db import Database
from tests.backend.support import API, RUNNING, FakeWorker, code_of, create_run
from tests.backend.test_monitoring import get


def completion(reward: float | None, tokens: int, truncated: bool = False) -> dict[str, Any]:
    return {
        "text": "a" * tokens, "tokens": ["a"] * tokens, "token_ids": [1] * tokens,
        "entropy": [0.5] * tokens, "weight": [1.0] * tokens, "logprob": [-0.1] * tokens,
        "reward": reward, "rewards": {}, "advantage": 0.0, "truncated": truncated,
        "correct": reward == 1.0,
    }  # fmt: skip


def group(step: int, index: int, prompt_id: str, *completions: dict[str, Any]) -> dict[str, Any]:
    scored = [one["reward"] for one in completions if one["reward"] is not None]
    mean = sum(scored) / len(scored) if scored else None
    made = {
        "step": step, "index": index, "prompt_id": prompt_id, "prompt": "2+2", "answer": "4",
        "completions": list(completions), "reward_mean": mean, "reward_std": 0.0,
        "has_signal": len(set(scored)) > 1,
    }  # fmt: skip
    return {"type": "rollout", "group": made}


def report(db: Database, worker: FakeWorker) -> str:
    """Two prompts at two steps; the second step again in another attempt."""
    run_id = create_run(db)
    job = worker.job()
    worker.events(
        job, 1, RUNNING,
        group(10, 0, "a/b?c", completion(0.0, 4), completion(None, 6, truncated=True)),
        group(10, 1, "other", completion(1.0, 2), completion(0.0, 3)),
        group(20, 0, "a/b?c", completion(0.0, 9)),
        {"type": "status", "status": "queued"},
    )  # fmt: skip
    again = worker.job(slot=1)
    resumed = {"type": "resumed", "step": 10, "path": "/somewhere", "reason": ""}
    worker.events(
        again, 1, resumed, RUNNING,
        group(20, 3, "a/b?c", completion(1.0, 5), completion(1.0, 7)),
    )  # fmt: skip
    return run_id


def test_one_prompt_is_followed_over_steps(
    api: TestClient, db: Database, worker: FakeWorker
) -> None:
    run_id = report(db, worker)
    listed = get(api, f"/runs/{run_id}/prompts")
    assert [
        (one["prompt_id"], one["steps"], one["first_reward"], one["last_reward"]) for one in listed
    ] == [
        ("a/b?c", 2, 0.0, 1.0),
        ("other", 1, 0.5, 0.5),
    ]
    found = get(api, f"/runs/{run_id}/prompts/history", prompt_id="a/b?c")
    assert found["appearances"] == [
        {"step": 10, "index": 0, "completions": 2, "correct": 0, "truncated": 1,
         "reward_mean": 0.0, "mean_length": 5.0, "has_signal": False},
        {"step": 20, "index": 3, "completions": 2, "correct": 2, "truncated": 0,
         "reward_mean": 1.0, "mean_length": 6.0, "has_signal": False},
    ]  # fmt: skip
    one = get(api, f"/runs/{run_id}/rollouts/10", index=1)["groups"]
    assert [each["prompt_id"] for each in one] == ["other"]
    assert code_of(api.get(f"{API}/runs/{run_id}/rollouts/10", params={"index": 7}))[0] == 404
    none = api.get(f"{API}/runs/{run_id}/prompts/history", params={"prompt_id": "none"})
    assert code_of(none) == (404, "rollouts-not-found")


def test_distributions_cover_all_steps(api: TestClient, db: Database, worker: FakeWorker) -> None:
    run_id = report(db, worker)
    found = get(api, f"/runs/{run_id}/rollout-distributions")
    assert found["reward_bins"] == [{"low": 0.0, "high": 0.0}, {"low": 1.0, "high": 1.0}]
    first, second = found["columns"]
    assert (first["first_step"], first["rewards"], first["completions"]) == (10, [2, 1], 4)
    assert (first["correct"], first["truncated"]) == (1, 1)
    assert (first["length"]["min"], first["length"]["median"], first["length"]["max"]) == (
        2,
        3.5,
        6,
    )
    assert (second["rewards"], second["lengths"]) == ([0, 2], [0, 0, 0, 1, 0, 1])
    (both,) = get(api, f"/runs/{run_id}/rollout-distributions", columns=1)["columns"]
    assert (both["first_step"], both["last_step"], both["rewards"]) == (10, 20, [2, 3])
    empty = create_run(db)
    assert get(api, f"/runs/{empty}/rollout-distributions")["columns"] == []
    assert get(api, f"/runs/{empty}/prompts") == []
