"""What users do meanwhile, and what the API told them."""

import random
import time
import uuid
from collections import Counter
from typing import Any

import httpx

from tests.chaos.site import Site

POINTS_CONFIG: dict[str, Any] = {
    "max_steps": 150,
    "checkpoints": {"save_steps": 20},
    "resources": {"max_attempts": 20},
}
REAL_CONFIG: dict[str, Any] = {
    "model": {"model_name_or_path": "local:small"},
    "rollout": {"num_generations": 4, "generation_batch_size": 16, "max_completion_length": 60},
    "rewards": {"functions": [{"kind": "regex", "pattern": r"\d{4}", "name": "four"}]},
    "evaluation": {"num_examples": 8, "eval_steps": 10, "batch_size": 8},
    "checkpoints": {"save_steps": 4},
    "resources": {"num_threads": 1, "max_attempts": 20},
    "max_steps": 30,
}
"""A hastily trained tiny model: see tests/chaos/real.py."""
FINAL = ("completed", "failed", "stopped")


class User:
    """Somebody at the REST interface, who tries again until there is an answer."""

    def __init__(self, site: Site, seed: int) -> None:
        self._site = site
        self._rng = random.Random(seed + 1)
        self.done: Counter[str] = Counter()
        """Actions by name and answer."""
        self.runs: dict[str, str] = {}
        """Id and name of every run whose launch was acknowledged."""
        self.kept: set[str] = set()
        """Runs that nobody stops."""

    def launch(self, name: str, config: dict[str, Any], *, keep: bool = False) -> str:
        key = uuid.uuid4().hex
        answer = self.ask(
            "POST", "/runs", json={"name": name, "config": config}, headers={"Idempotency-Key": key}
        )
        assert answer.status_code == 201, answer.text
        run_id = str(answer.json()["id"])
        self.runs[run_id] = name
        if keep:
            self.kept.add(run_id)
        self.done["launch"] += 1
        return run_id

    def act(self) -> str:
        """One thing a user may do; says what."""
        action = self._rng.choices(("launch", "stop", "pause", "resume"), (5, 2, 4, 5))[0]
        if action == "launch":
            self.launch(f"points {len(self.runs)}", POINTS_CONFIG)
            return "launch"
        run_id = self._rng.choice([*self.runs])
        if action == "stop" and run_id in self.kept:
            action = "pause"
        answer = self.ask("POST", f"/runs/{run_id}/{action}")
        assert answer.status_code in (200, 202, 409), (
            f"{action}: {answer.status_code} {answer.text}"
        )
        self.done[f"{action} {answer.status_code}"] += 1
        return f"{action} ({answer.status_code})"

    def resume_paused(self) -> None:
        for run in self.states():
            if run["status"] == "paused":
                self.ask("POST", f"/runs/{run['id']}/resume")

    def states(self) -> list[dict[str, Any]]:
        return [
            dict(run)
            for run in self.ask("GET", "/runs", params={"limit": 200}).json()["items"]
            if run["id"] in self.runs
        ]

    def ask(self, method: str, path: str, timeout: float = 60.0, **options: Any) -> httpx.Response:
        """The answer of one API or the other."""
        headers = {"Authorization": f"Bearer {self._site.secret('user')}"}
        headers |= options.pop("headers", {})
        deadline = time.monotonic() + timeout
        while True:
            url = f"http://127.0.0.1:{self._rng.choice(self._site.ports)}/api/v1{path}"
            try:
                answer = httpx.request(
                    method, url, headers=headers, timeout=5, trust_env=False, **options
                )
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"no API answers {method} {path}"
            time.sleep(0.1)
