"""Estimators of KL(policy || reference) from log-probabilities of sampled tokens (Schulman 2020,
http://joschu.net/blog/kl-approx.html). All are per token and keep the shape of their arguments."""

from typing import Literal

from torch import Tensor


def k1(logp: Tensor, ref_logp: Tensor) -> Tensor:
    """logp - ref_logp: unbiased, can be negative. A metric only: its gradient is zero in expectation."""
    return logp - ref_logp


def k2(logp: Tensor, ref_logp: Tensor) -> Tensor:
    """Half the squared difference: biased as a value, right as a gradient."""
    return 0.5 * (logp - ref_logp).square()


def k3(logp: Tensor, ref_logp: Tensor) -> Tensor:
    """exp(d) - d - 1 with d = ref_logp - logp: unbiased and never negative, as in GRPO."""
    difference = ref_logp - logp
    return difference.exp() - difference - 1.0


def kl(estimator: Literal["k2", "k3"], logp: Tensor, ref_logp: Tensor) -> Tensor:
    """The estimator named in the configuration."""
    return k3(logp, ref_logp) if estimator == "k3" else k2(logp, ref_logp)
