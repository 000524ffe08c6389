"""Rollouts: completions sampled from the policy."""

from worker.trainer.rollout.sampler import Samples, sample
from worker.trainer.rollout.sampling import Sampling

__all__ = ["Samples", "Sampling", "sample"]
