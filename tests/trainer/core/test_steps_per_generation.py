"""Several updates of one generation batch (`steps_per_generation`, `num_iterations`)."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ahora.config import RunConfig
from tests.trainer.core.bench import Bench, algorithm, never
from worker.trainer.batch import Batch
from worker.trainer.optimizer import make_optimizer
from worker.trainer.order import derived_seed
from worker.trainer.update import split_rows

LOSS_TYPES = ("grpo", "dapo", "dr_grpo")


def several(parts: int, **options: object) -> dict[str, object]:
    rollout = {
        "num_generations": 4,
        "generation_batch_size": 16,
        "max_completion_length": 60,
        "steps_per_generation": parts,
    }
    return {**algorithm("sa_ah_grpo", alpha=1.0, **options), "rollout": rollout}


def test_parts_are_equal_cover_all_and_follow_from_the_seed() -> None:
    parts = split_rows(12, 3, seed=5)
    assert [int(part.sum()) for part in parts] == [4, 4, 4]
    assert torch.stack(parts).sum(dim=0).tolist() == [1] * 12
    assert all(torch.equal(*pair) for pair in zip(parts, split_rows(12, 3, seed=5), strict=True))
    assert not torch.equal(parts[0], split_rows(12, 3, seed=6)[0])
    (whole,) = split_rows(12, 1, seed=5)
    assert whole.all()


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_gradients_of_the_parts_average_to_that_of_the_batch(bench: Bench, loss_type: str) -> None:
    whole, one = bench.gradient(several(1, loss_type=loss_type))
    config = bench.config(several(4, loss_type=loss_type))
    batch = bench.batch(config)
    gradients, losses = [], []
    for part in split_rows(16, 4, seed=0):
        losses.append(bench.on_policy(config, batch, part).loss)
        gradients.append(bench.flat_gradient())
    torch.testing.assert_close(torch.stack(gradients).mean(dim=0), whole, rtol=1e-4, atol=1e-6)
    assert sum(losses) / 4 == pytest.approx(one.loss, abs=1e-6)


def plain_log_probabilities(bench: Bench, row: int) -> tuple[Tensor, Tensor]:
    """Log-probabilities and normalised entropies (length,) of one completion, in the plainest way."""
    prompt = list(bench.problems[row // 4].prompt_ids)
    tokens = bench.samples.token_lists()[row]
    logits = bench.policy.model(input_ids=torch.tensor([prompt + tokens])).logits[0]
    logp = logits[len(prompt) - 1 : -1].log_softmax(-1)
    h = torch.special.entr(logp.detach().exp()).sum(-1) / torch.tensor(18.0).log()
    return logp.gather(1, torch.tensor(tokens)[:, None])[:, 0], h


def plain_weights(bench: Bench, config: RunConfig, batch: Batch, rate: float) -> Tensor:
    """The policy after a step, by the formulas of TRL's `_compute_loss`, a rollout at a time."""
    rows = range(16)
    lengths = bench.samples.lengths.tolist()
    with torch.no_grad():
        old = [plain_log_probabilities(bench, row)[0] for row in rows]
    optimizer = make_optimizer(bench.policy.model, config.optimizer)
    optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = rate
    parts = split_rows(
        16, config.rollout.steps_per_generation, derived_seed(config.seed, "parts", 1)
    )
    for part in parts * config.algorithm.num_iterations:
        chosen = part.nonzero()[:, 0].tolist()
        optimizer.zero_grad()
        loss = torch.zeros(())
        for row in chosen:
            A = float(batch.statistics.values[row])
            logp, h = plain_log_probabilities(bench, row)
            w = torch.exp(-config.algorithm.alpha * h.cumsum(0)) if A < 0 else torch.ones(len(h))
            ratio = (logp - old[row]).exp()
            terms = -w * torch.minimum(ratio * A, ratio.clamp(0.95, 1.1) * A)
            loss = (
                loss
                + {
                    "grpo": terms.mean() / len(chosen),
                    "dapo": terms.sum() / (sum(lengths) / len(parts)),
                    "dr_grpo": terms.sum() / (len(chosen) * 60),
                }[config.algorithm.loss_type]
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(bench.policy.model.parameters(), 1.0)
        optimizer.step()
    return bench.weights()


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_a_step_of_several_updates_is_that_of_the_plain_formulas(
    bench: Bench, loss_type: str
) -> None:
    options = {"loss_type": loss_type, "num_iterations": 2, "epsilon": 0.05, "epsilon_high": 0.1}
    # AdamW's first updates are signs: its epsilon keeps rounding from being one
    optimizer = {"adam_epsilon": 1e-3, "per_device_train_batch_size": 3}
    config = bench.config({**several(2, **options), "optimizer": optimizer})
    batch = bench.batch(config)
    before = bench.policy.model.state_dict()
    kept = {name: value.clone() for name, value in before.items()}
    updates = bench.updater(config).update(batch, 1, 5e-3, never).updates
    found = bench.weights()
    bench.policy.model.load_state_dict(kept)
    start = bench.weights()
    bench.policy.model.eval()
    expected = plain_weights(bench, config, batch, 5e-3)
    torch.testing.assert_close(found - start, expected - start, rtol=1e-3, atol=1e-6)
    assert len(updates) == 4
    assert any(each.clipped_low + each.clipped_high > 0 for each in updates)
    assert all(each.ratio_max >= each.ratio_mean for each in updates)


def test_the_scores_are_those_of_the_policy_that_sampled(bench: Bench) -> None:
    options = {"num_iterations": 2, "entropy_coef": 1e-3}  # so that every row is scored
    config = bench.config(several(4, **options))
    with torch.no_grad():
        expected = [plain_log_probabilities(bench, row) for row in range(16)]
    sampled, _ = bench.updater(config).update(bench.batch(config), 1, 1e-2, never)
    for row, (logp, h) in enumerate(expected):
        torch.testing.assert_close(sampled.logp[row, : len(logp)], logp, rtol=1e-4, atol=1e-5)
        entropy = h * torch.tensor(18.0).log()
        torch.testing.assert_close(sampled.entropy[row, : len(h)], entropy, rtol=1e-4, atol=1e-5)


def test_a_part_with_nothing_to_train_still_moves_the_optimizer(bench: Bench) -> None:
    config = bench.config(several(16, loss_type="grpo"))
    rewards = [1.0, *[0.0] * 3, *[0.5] * 12]
    updates = bench.updater(config).update(bench.batch(config, rewards), 1, 1e-3, never).updates
    assert len(updates) == 16
    # a rollout each: four of them have a signal
    assert sum(each.grad_norm > 0 for each in updates) == 4
    assert not any(each.skipped for each in updates)


def test_a_run_reports_ratios_only_where_there_are_updates_off_the_policy(
    run: Callable[..., Any],
) -> None:
    changes = {
        "rollout": {"steps_per_generation": 2},
        "algorithm": {"name": "sa_ah_grpo", "num_iterations": 2, "entropy_coef": 1e-3},
        "optimizer": {"learning_rate": 1e-3},
        "max_steps": 2,
    }
    found = run(changes).values()
    for step in (1, 2):
        assert found[step]["policy/ratio_max"] > max(found[step]["policy/ratio_mean"], 1.0)
        assert found[step]["clip_ratio/high_max"] >= found[step]["clip_ratio/high_mean"]
    plain = run({"max_steps": 1}, "plain").values()
    assert not [name for name in plain[1] if name.startswith("policy/")]
    # one step is one generation batch, however many updates are made of it
    assert found[1]["num_tokens"] == plain[1]["num_tokens"]
    assert sorted(found) == [0, 1, 2]
