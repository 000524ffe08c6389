"""The correction for a sampler that is not quite the policy, with factors worked out by hand."""

import math
from dataclasses import replace

import pytest
import torch

from tests.trainer.core.bench import REWARDS, Bench, algorithm, never
from worker.trainer.importance import importance_ratio
from worker.trainer.rollout import concatenated


def test_the_ratio_is_that_of_the_probabilities_up_to_the_cap() -> None:
    policy = torch.tensor([[0.5, 0.2, 0.9, 1.0]], requires_grad=True)
    sampler = torch.tensor([[0.25, 0.4, 0.9, 1e-6]])
    ratio = importance_ratio(policy.log(), sampler.log(), 3.0)
    torch.testing.assert_close(ratio, torch.tensor([[2.0, 0.5, 1.0, 3.0]]))
    assert not ratio.requires_grad
    assert importance_ratio(policy.log(), sampler.log(), 1.5)[0, 0] == 1.5
    # a probability that no float32 holds still gives the cap
    assert importance_ratio(torch.zeros(1, 1), torch.full((1, 1), -200.0), 3.0) == 3.0


def disguised(bench: Bench, log_ratio: float) -> None:
    """Let a sampler have drawn the completions that found each token exp(log_ratio) times less likely."""
    mask = bench.samples.mask
    bench.samples = replace(
        bench.samples,
        logprob=torch.where(mask, bench.samples.logprob - log_ratio, 0.0),
        entropy=torch.zeros_like(bench.samples.entropy),
        policy_scores=False,
    )


@pytest.mark.parametrize(("ratio", "factor"), [(0.5, 0.5), (2.0, 2.0), (5.0, 3.0)])
def test_the_policy_gradient_is_multiplied_by_it(bench: Bench, ratio: float, factor: float) -> None:
    plain, one = bench.gradient(algorithm())
    disguised(bench, math.log(ratio))
    corrected, other = bench.gradient(algorithm())
    torch.testing.assert_close(corrected, factor * plain, rtol=1e-3, atol=1e-6)
    assert other.policy_loss == pytest.approx(factor * one.policy_loss, rel=1e-3, abs=1e-6)
    off = {"vllm_importance_sampling_correction": False}
    rollout = bench.config({}).rollout.model_dump() | off
    uncorrected, _ = bench.gradient(algorithm() | {"rollout": rollout})
    assert torch.equal(uncorrected, plain)


@pytest.mark.parametrize("parts", [1, 2])
def test_the_policy_is_asked_what_the_sampler_does_not_know(bench: Bench, parts: int) -> None:
    known = bench.samples
    disguised(bench, 1.0)
    rollout = bench.config({}).rollout.model_dump() | {"steps_per_generation": parts}
    config = bench.config({"rollout": rollout})
    batch = bench.batch(config, REWARDS)
    assert not batch.with_gradient.all()
    sampled = bench.updater(config).update(batch, 1, 1e-3, never).sampled
    torch.testing.assert_close(sampled.logp, known.logprob, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(sampled.entropy, known.entropy, rtol=1e-4, atol=1e-5)


def test_choosing_and_joining_completions_keeps_whose_scores_they_are(bench: Bench) -> None:
    known = bench.samples
    disguised(bench, 1.0)
    assert known.select([0, 1]).policy_scores
    assert not bench.samples.select([0, 1]).policy_scores
    assert not concatenated([known, bench.samples], 0).policy_scores
