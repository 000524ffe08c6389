"""A short run of chaos on each database; the seed is printed, so that a failure can be repeated."""

import random
from pathlib import Path

import pytest

from tests.chaos.chaos import run

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_promise_is_broken(database: str, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    story: list[str] = [f"python -m tests.chaos --database {database} --seed {seed} --faults 25"]
    report = run(database, seed, faults=25, real_runs=0, cache=tmp_path, say=story.append)
    assert report.problems == [], "\n".join(story)
    assert report.runs["completed"] >= 2
