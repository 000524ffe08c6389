"""Runs of the tiny model in which something is wrong: it was never taught numbers of two digits, so that
every reward is 0 and most completions are cut; and its prompts are few, so that they come again."""

from typing import Any

NEVER_TAUGHT: dict[str, Any] = {
    "data.digits": 2,
    "rollout.num_generations": 2,
    "rollout.generation_batch_size": 256,
    "rollout.max_completion_length": 32,
    "evaluation.num_examples": 8,
    "logging.rollout_steps": 1,
    "logging.rollout_groups": 64,
}
