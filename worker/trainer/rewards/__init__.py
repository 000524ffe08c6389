"""Rewards: every completion scored by each function, weighted and summed."""

from worker.trainer.rewards.completion import Completed, Scored
from worker.trainer.rewards.rewards import Rewards

__all__ = ["Completed", "Rewards", "Scored"]
