"""However a batch is cut, ordered, padded or spared, its loss and gradient are those of the formula.

The formula is written out below for one rollout at a time, in float64, on the whole model.
"""

import copy
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import Qwen2Config, Qwen2ForCausalLM

from ahora.config import ModelConfig, RunConfig
from tests.trainer.core.worlds import LONGEST, Layout, World, advantage, layouts, worlds
from worker.trainer.batch import Batch, completions, make_batch
from worker.trainer.clock import Clock
from worker.trainer.data import Problem
from worker.trainer.environment import Environment
from worker.trainer.gradient import Gradient, Update
from worker.trainer.models import Policy, load_policy
from worker.trainer.network import Network
from worker.trainer.optimizer import trained_parameters
from worker.trainer.rewards import Scored
from worker.trainer.rollout import Samples
from worker.trainer.score import Scores, score
from worker.trainer.scoring import Scorer

ROUNDING = 2e-5
"""Largest difference of a float32 gradient from the float64 one, as a share of its norm."""


class Bench:
    """A policy that has moved away from its reference, and gradients on it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.exact_reference = copy.deepcopy(policy.model).double()
        torch.manual_seed(1)
        with torch.no_grad():
            for parameter in trained_parameters(policy.model):
                parameter.add_(torch.randn_like(parameter), alpha=0.02)
        self.exact = copy.deepcopy(policy.model).double()
        self.network = Network(policy.model, autocast=False)

    def batch(self, world: World, layout: Layout) -> tuple[Batch, Tensor | None]:
        """The batch, and the old log-probabilities (B, T)."""
        groups, rows = layout.order(len(world.prompts), world.G)
        problems = [
            Problem(
                id="", question="", answer="", prompt="", prompt_ids=tuple(world.prompts[group])
            )
            for group in groups
        ]
        T = max(map(len, world.completions)) + layout.padding
        tokens, mask = torch.zeros(len(rows), T, dtype=torch.long), torch.zeros(len(rows), T)
        old = torch.zeros(len(rows), T)
        for place, row in enumerate(rows):
            length = len(world.completions[row])
            tokens[place, :length] = torch.tensor(world.completions[row])
            mask[place, :length] = 1
            if world.drift is not None:
                logp, _ = self.exact_scores(self.exact, world, row)
                old[place, :length] = logp.detach() + torch.tensor(world.drift[row])
        samples = Samples(
            tokens=tokens,
            mask=mask.bool(),
            logprob=torch.zeros(len(rows), T),
            entropy=torch.zeros(len(rows), T),
            truncated=torch.tensor([world.truncated(row) for row in rows]),
        )
        batch = make_batch(
            world.config(),
            problems,
            samples,
            completions(problems, samples, self.policy.tokenizer),
            [Scored(total=world.rewards[row], scores={}) for row in rows],
        )
        return batch, old if world.drift is not None else None

    def gradient(self, world: World, layout: Layout) -> list[tuple[Tensor, Update]]:
        """What the trainer finds for each of the batch's updates on this policy."""
        batch, old_logp = self.batch(world, layout)
        if not layout.spare:
            batch = replace(batch, with_gradient=batch.in_loss)
        _, rows = layout.order(len(world.prompts), world.G)
        ref_logp = torch.zeros_like(batch.samples.logprob)
        for place, row in enumerate(rows):
            logp, _ = self.exact_scores(self.exact_reference, world, row)
            ref_logp[place, : len(logp)] = logp.detach()
        blank = torch.zeros_like(ref_logp)
        sampled = Scores(blank.clone() if old_logp is None else old_logp, blank)
        found = []
        for number in range(world.updates):
            part = torch.tensor([world.parts[row] == number for row in rows])
            update = self.of_part(
                world.config(layout.micro_batch), batch, part, sampled, ref_logp, old_logp is None
            )
            found.append((flat_gradient(self.policy.model), update))
        return found

    def of_part(
        self,
        config: RunConfig,
        batch: Batch,
        part: Tensor,
        sampled: Scores,
        ref_logp: Tensor,
        on_policy: bool,
    ) -> Update:
        clock = Clock(torch.device("cpu"))
        scorer = Scorer(config, self.network, clock)
        parameters = trained_parameters(self.policy.model)
        return Gradient(config, self.network, scorer, parameters, clock).of_part(
            batch,
            part,
            sampled,
            ref_logp if config.algorithm.beta > 0 else None,
            lambda: None,
            on_policy=on_policy,
        )

    def exact_scores(self, model: nn.Module, world: World, row: int) -> tuple[Tensor, Tensor]:
        """Log-probability and entropy of each token of one completion, float64."""
        prompt, completion = world.prompts[row // world.G], world.completions[row]
        logits = model(input_ids=torch.tensor([prompt + completion])).logits[0]
        logprobs = (logits[len(prompt) - 1 : -1] / world.temperature).log_softmax(-1)
        entropy = -(logprobs.exp() * logprobs).sum(-1)
        return logprobs.gather(1, torch.tensor(completion)[:, None])[:, 0], entropy

    def formula(self, world: World, number: int) -> tuple[Tensor, float]:
        """Gradient and loss of the batch's update `number`, rollout by rollout."""
        self.exact.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        algorithm = world.config().algorithm
        B, lengths = len(world.completions), [len(each) for each in world.completions]
        counted = [0 if world.masked(row) else n for row, n in enumerate(lengths)]
        of_update = [row for row in range(B) if world.parts[row] == number]
        for row in of_update:
            if world.rewards[row] is None or world.masked(row):
                continue
            logp, H = self.exact_scores(self.exact, world, row)
            h = H.detach() / math.log(18)
            old = logp.detach()
            if world.drift is not None:
                old = old + torch.tensor(world.drift[row], dtype=torch.float64)
            A = advantage(world, row)
            w = torch.ones_like(h)
            if not (algorithm.selective and A >= 0):
                spent = h if algorithm.inclusive else torch.cat([h.new_zeros(1), h[:-1]])
                w = (
                    torch.exp(-algorithm.alpha * spent.cumsum(0))
                    if algorithm.discount == "exponential"
                    else (1 - algorithm.alpha * spent).clamp(min=0).cumprod(0)
                )
            ratio = torch.exp(logp - old)
            high = algorithm.epsilon_high or algorithm.epsilon
            per_token = -w * torch.minimum(
                ratio * A, ratio.clamp(1 - algorithm.epsilon, 1 + high) * A
            )
            if algorithm.beta > 0:
                d = self.exact_scores(self.exact_reference, world, row)[0].detach() - logp
                per_token = per_token + algorithm.beta * (d.exp() - d - 1)
            denominator = {
                "grpo": B * lengths[row],
                "dapo": sum(counted),
                "dr_grpo": B * LONGEST,
            }[algorithm.loss_type]
            total = total + per_token.sum() / denominator * world.updates
            bonus = H.sum() / sum(counted[each] for each in of_update)
            total = total - algorithm.entropy_coef * bonus
        if total.requires_grad:
            total.backward()
        return flat_gradient(self.exact), float(total.detach())


def flat_gradient(model: nn.Module) -> Tensor:
    return torch.cat(
        [
            (torch.zeros_like(p) if p.grad is None else p.grad).flatten().double()
            for p in model.parameters()
        ]
    )


def close(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).norm() <= ROUNDING * expected.norm() + 1e-7)


def tiny(environment: Environment, **options: Any) -> Policy:
    torch.manual_seed(0)
    config = ModelConfig(**options)
    return load_policy(config, torch.device("cpu"), environment, lambda *_: None)


def qwen2(environment: Environment) -> Policy:
    """Another family: biases, fewer key heads than heads, an output head of its own."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=18,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.2,
        tie_word_embeddings=False,
    )
    return replace(tiny(environment), model=Qwen2ForCausalLM(config))


@pytest.fixture(scope="module", params=["tiny", "LoRA", "qwen2"])
def bench(request: pytest.FixtureRequest, environment: Environment) -> Bench:
    match request.param:
        case "tiny":
            return Bench(tiny(environment))
        case "LoRA":
            return Bench(tiny(environment, use_peft=True, lora_r=4))
        case _:
            return Bench(qwen2(environment))


@settings(max_examples=settings.default.max_examples // 2)
@given(world=worlds(), layout=layouts)
def test_any_layout_has_loss_and_gradient_of_the_formula(
    bench: Bench, world: World, layout: Layout
) -> None:
    for number, (gradient, found) in enumerate(bench.gradient(world, layout)):
        expected, loss = bench.formula(world, number)
        assert close(gradient, expected)
        assert found.loss == pytest.approx(loss, rel=1e-4, abs=1e-5)


@settings(max_examples=settings.default.max_examples // 5)
@given(world=worlds(), layout=layouts, micro_batch=st.integers(1, 13))
def test_a_second_pass_over_an_unchanged_policy_is_the_first_again(
    bench: Bench, world: World, layout: Layout, micro_batch: int
) -> None:
    batch, _ = bench.batch(world, layout)
    sampled = Scores(batch.samples.logprob.clone(), batch.samples.entropy.clone())
    whole = torch.ones(len(world.completions), dtype=torch.bool)
    ref_logp = torch.full_like(sampled.logp, -2.0)
    for size, on_policy in ((layout.micro_batch, True), (micro_batch, False)):
        # the first writes what it finds into `sampled`, the second takes its ratios against that
        found = bench.of_part(world.config(size), batch, whole, sampled, ref_logp, on_policy)
        if on_policy:
            first, gradient = found, flat_gradient(bench.policy.model)
    assert found.clipped_low == found.clipped_high == 0.0
    assert found.loss == pytest.approx(first.loss, rel=1e-4, abs=1e-5)
    assert close(flat_gradient(bench.policy.model), gradient)


@settings(max_examples=settings.default.max_examples // 5)
@given(world=worlds(), layout=layouts, chunk=st.integers(1, 18 * 30))
def test_chunks_of_the_output_head_change_neither_scores_nor_gradient(
    bench: Bench, world: World, layout: Layout, chunk: int
) -> None:
    batch, _ = bench.batch(world, layout)
    prompts = [each.problem.prompt_ids for each in batch.completed]
    found = []
    for elements in (2**24, chunk):
        bench.policy.model.zero_grad()
        scores = score(
            bench.network,
            prompts,
            batch.samples.tokens,
            batch.samples.mask,
            world.temperature,
            elements,
        )
        scores.logp.sum().backward()
        found.append((scores.logp.detach(), scores.entropy, flat_gradient(bench.policy.model)))
    (logp, entropy, whole), (other_logp, other_entropy, chunked) = found
    torch.testing.assert_close(other_logp, logp, rtol=0, atol=1e-5)
    torch.testing.assert_close(other_entropy, entropy, rtol=0, atol=1e-5)
    assert close(chunked, whole)
