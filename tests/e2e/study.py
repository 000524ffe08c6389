"""A study as a worker would have reported it: three methods, five seeds each, curves from a formula."""

import math
from collections.abc import Mapping
from typing import Any

from ahora.client import Client
from tests.backend.support import FakeWorker, checkpoint
from tests.client.live import metrics_event, status_event

STEPS = 30
PRESETS = {
    "grpo": {"name": "grpo"},
    "sa_ah_grpo": {"name": "sa_ah_grpo", "alpha": 2.0},
    "ah_grpo": {"name": "ah_grpo", "alpha": 9.0},
}
HEIGHTS = {"grpo": 0.6, "sa_ah_grpo": 0.8, "ah_grpo": 0.02}
"""What the reward rises to: the second is better on every seed, the third never learns."""


def report(client: Client, worker: FakeWorker) -> dict[str, list[str]]:
    """Launch the runs and report them; run ids by algorithm."""
    made: dict[str, list[str]] = {name: [] for name in PRESETS}
    for name, algorithm in PRESETS.items():
        for seed in range(5):
            config = {"algorithm": algorithm, "seed": seed, "max_steps": STEPS}
            run = client.launch(config, name=f"=study {name} {seed}", tags=["study"])
            job = worker.job()
            assert job["run_id"] == run.id
            events = [status_event("running"), *_steps(name, seed)]
            events += [checkpoint(job, STEPS, "model.safetensors"), status_event("completed")]
            answer = worker.events(job, 1, *events)
            assert answer.status_code == 200, answer.text
            made[name].append(run.id)
    return made


def _steps(name: str, seed: int) -> list[dict[str, Any]]:
    """Seeds differ by a little."""
    height = HEIGHTS[name] + 0.01 * seed + 0.004 * (seed % 2)
    noise = 0.05 * HEIGHTS[name]
    events = []
    for step in range(STEPS + 1):
        level = height * (1 - math.exp(-step / 8))
        values = {"entropy": 0.6 * math.exp(-step / 40)}
        if step:
            values |= {"reward": level + noise * math.sin(step * (seed + 2))}
            values |= {"reward_sampling_variance": 1e-4, "horizon/weight_mean": 0.7}
        if step % 10 == 0:
            values |= {"eval/pass@1": 0.25 + level / 2}
        event = metrics_event(step, **values)
        if not step:
            del event["values"]["reward"]
        events.append(event)
    return events


def answer(worker: FakeWorker, texts: Mapping[str, str]) -> None:
    """Do the sample job that waits next; `texts` are the completions by the checkpoint's run."""
    job = worker.job()
    path = job["from_checkpoint"]["path"]
    text = next(each for run_id, each in texts.items() if run_id in path)
    completion = {
        "text": text,
        "tokens": list(text),
        "token_ids": list(range(len(text))),
        "entropy": [0.1] * len(text),
        "logprob": [-0.1] * len(text),
        "truncated": False,
    }
    prompt = job["spec"]["prompt"]
    result = {
        "kind": "sample",
        "prompt": prompt,
        "prompt_tokens": len(prompt),
        "completions": [completion],
    }
    told = {"type": "result", "result": result}
    sent = worker.events(job, 1, status_event("running"), told, status_event("completed"))
    assert sent.status_code == 200, sent.text
