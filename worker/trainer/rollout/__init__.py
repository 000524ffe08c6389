"""Rollouts: completions sampled from the policy."""

from worker.trainer.rollout.choice import make_engine
from worker.trainer.rollout.engine import RolloutEngine
from worker.trainer.rollout.hf import HfEngine
from worker.trainer.rollout.sampler import sample
from worker.trainer.rollout.samples import Samples, concatenated
from worker.trainer.rollout.sampling import Sampling
from worker.trainer.rollout.within_memory import WithinMemory

__all__ = [
    "HfEngine",
    "RolloutEngine",
    "Samples",
    "Sampling",
    "WithinMemory",
    "concatenated",
    "make_engine",
    "sample",
]
