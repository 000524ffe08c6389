"""Gradients of whole batches, against plain formulas and against each other."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.trainer.core.bench import REWARDS, Bench, algorithm, never
from worker.trainer.batch import check_scored
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.gradient import Update
from worker.trainer.journal import Journal
from worker.trainer.rewards import Scored
from worker.trainer.state import TrainingState
from worker.trainer.stop import Stop
from worker.trainer.update import MAX_SKIPPED_IN_A_ROW, note_skipped


def test_the_gradient_is_that_of_the_plain_formula(bench: Bench) -> None:
    found, _ = bench.gradient(algorithm("sa_ah_grpo", alpha=2.0))
    model, samples = bench.policy.model, bench.samples
    model.zero_grad()
    total = torch.zeros(())
    for group in range(4):
        rewards = torch.tensor(REWARDS[4 * group : 4 * group + 4], dtype=torch.float64)
        if rewards.unique().numel() == 1:
            continue
        for member in range(4):
            row = 4 * group + member
            A = (rewards[member] - rewards.mean()) / (rewards.std() + 1e-4)
            prompt = list(bench.problems[group].prompt_ids)
            tokens = samples.token_lists()[row]
            logits = model(input_ids=torch.tensor([prompt + tokens])).logits[0]
            logp = logits[len(prompt) - 1 : -1].log_softmax(-1)
            h = torch.special.entr(logp.detach().exp()).sum(-1) / torch.tensor(18.0).log()
            w = torch.exp(-2.0 * h.cumsum(0)) if A < 0 else torch.ones(len(tokens))
            chosen = logp.gather(1, torch.tensor(tokens)[:, None])[:, 0]
            total = total - (w * A * chosen).sum()
    (total / samples.lengths.sum()).backward()
    torch.testing.assert_close(found, bench.flat_gradient(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["ah_grpo", "sa_ah_grpo"])
@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
def test_alpha_0_is_grpo_to_the_bit(bench: Bench, name: str, loss_type: str) -> None:
    plain, one = bench.gradient(algorithm(loss_type=loss_type))
    found, other = bench.gradient(algorithm(name, alpha=0.0, loss_type=loss_type))
    assert torch.equal(plain, found)
    assert one.loss == other.loss


def test_without_negative_advantages_selective_is_grpo(bench: Bench) -> None:
    # an advantage is relative to its group: only where rollouts are left out is none negative
    gradients = []
    for changes in (algorithm(), algorithm("sa_ah_grpo", alpha=2.0)):
        config = bench.config(changes)
        batch = bench.batch(config)
        batch.with_gradient.logical_and_(batch.statistics.values >= 0)
        bench.on_policy(config, batch)
        gradients.append(bench.flat_gradient())
    assert torch.equal(*gradients)


def test_the_horizon_changes_the_gradient_of_negative_rollouts(bench: Bench) -> None:
    plain, _ = bench.gradient(algorithm())
    found, _ = bench.gradient(algorithm("sa_ah_grpo", alpha=2.0))
    assert not torch.allclose(plain, found, rtol=1e-2)


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
def test_micro_batches_have_the_gradient_of_one_batch(
    bench: Bench, loss_type: str, size: int
) -> None:
    chosen = algorithm("sa_ah_grpo", alpha=1.0, loss_type=loss_type)
    whole, one = bench.gradient(chosen)
    parts, other = bench.gradient(chosen | {"optimizer": {"per_device_train_batch_size": size}})
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-6)
    assert other.loss == pytest.approx(one.loss, abs=1e-6)


def test_leaving_out_groups_without_signal_changes_nothing(bench: Bench) -> None:
    config = bench.config(algorithm("ah_grpo", alpha=1.0))
    batch = bench.batch(config)
    assert batch.with_gradient.tolist() == [True] * 4 + [False] * 4 + [True] * 4 + [False] * 4
    skipped = bench.on_policy(config, batch)
    gradient = bench.flat_gradient()
    batch.with_gradient.fill_(True)
    trained = bench.on_policy(config, batch)
    torch.testing.assert_close(gradient, bench.flat_gradient(), rtol=1e-4, atol=1e-7)
    assert skipped.loss == pytest.approx(trained.loss, abs=1e-7)


def test_denominators_count_rollouts_without_signal(bench: Bench) -> None:
    alone, _ = bench.gradient(algorithm())
    config = bench.config(algorithm())
    lengths = bench.samples.lengths.double()
    batch = bench.batch(config)
    share = lengths[batch.with_gradient].sum() / lengths.sum()
    # the same rollouts as a batch of their own have the larger gradient
    bench.samples = type(bench.samples)(
        **{
            name: getattr(bench.samples, name)[batch.with_gradient]
            for name in ("tokens", "mask", "logprob", "entropy", "truncated")
        }
    )
    bench.problems = [bench.problems[0], bench.problems[2]]
    small, _ = bench.gradient(algorithm(), REWARDS[:4] + REWARDS[8:12])
    torch.testing.assert_close(alone, small * share.float(), rtol=1e-4, atol=1e-7)


def test_a_step_with_nothing_to_train_still_moves_the_optimizer(bench: Bench) -> None:
    config = bench.config({})
    updater = bench.updater(config)
    updater.update(bench.batch(config), 1, 1e-3, never)
    before = bench.weights()
    (found,) = updater.update(bench.batch(config, [0.3] * 16), 2, 1e-3, never).updates
    assert (found.loss, found.grad_norm, found.skipped) == (0.0, 0.0, False)
    assert not torch.equal(before, bench.weights())  # by momentum


def test_unscored_and_masked_rollouts_have_no_gradient(bench: Bench) -> None:
    rewards: list[float | None] = [1, 0, None, 0, *[None] * 4, *REWARDS[8:]]
    config = bench.config({})
    batch = bench.batch(config, rewards)
    assert batch.in_loss.tolist() == [True, True, False, True, *[False] * 4, *[True] * 8]
    # rows without a gradient keep the sampler's numbers
    into = bench.sampled()
    into.logp.fill_(7.0)
    bench.on_policy(config, batch, into=into)
    assert [bool((row == 7.0).all()) for row in into.logp] == (~batch.with_gradient).tolist()

    bench.samples.truncated[0] = True
    masked = bench.batch(bench.config(algorithm(mask_truncated_completions=True)))
    assert masked.in_loss.tolist() == [not each for each in bench.samples.truncated.tolist()]
    # but their rewards still count in the group
    assert torch.equal(masked.statistics.values, bench.batch(config).statistics.values)


def test_too_many_unscored_completions_end_the_run(bench: Bench) -> None:
    config = bench.config({"rewards": {"max_unscored_frac": 0.25}})

    def scored(number: int) -> list[Scored]:
        rewards = [None] * number + [0.0] * (16 - number)
        return [Scored(total=reward, scores={"r": reward}) for reward in rewards]

    check_scored(config, scored(4))
    with pytest.raises(RunError, match=r"5 of 16 .*max_unscored_frac \(0.25\)") as caught:
        check_scored(config, scored(5))
    assert caught.value.error_type == "rewards_unscored"


def test_several_updates_clip_against_the_policy_that_sampled(bench: Bench) -> None:
    config = bench.config(algorithm(num_iterations=3, epsilon=0.01, epsilon_high=0.02))
    first, second, third = bench.updater(config).update(bench.batch(config), 1, 1e-3, never).updates
    assert first.clipped_low == first.clipped_high == 0.0
    assert third.clipped_low > 0
    assert third.clipped_high > 0
    # the most clipped rollout, and the least: one without signal has no clipped token
    assert third.clipped_high_max > third.clipped_high
    assert third.clipped_low_min == 0.0
    assert first.ratio_mean == first.ratio_max == 1.0
    assert third.ratio_max > 1.02
    assert second.loss != first.loss


@pytest.mark.parametrize("use_peft", [True, False])
@pytest.mark.parametrize("estimator", ["k3", "k2"])
def test_the_kl_term_starts_at_zero_and_grows(
    environment: Environment, use_peft: bool, estimator: str
) -> None:
    bench = Bench(environment, {"use_peft": use_peft})
    config = bench.config(algorithm(beta=0.5, kl_estimator=estimator))
    bench.policy.load_reference()
    updater = bench.updater(config)
    (first,) = updater.update(bench.batch(config), 1, 3e-3, never).updates
    assert first.kl == pytest.approx(0.0, abs=1e-6)
    assert first.loss == pytest.approx(first.policy_loss, abs=1e-6)
    sampled, (second,) = updater.update(bench.batch(config), 2, 3e-3, never)
    assert second.kl > 1e-4
    assert second.loss > second.policy_loss
    # with a KL term no group may be left out: all rows were scored anew
    assert not torch.equal(sampled.logp[4:8], bench.samples.logprob[4:8])


def test_an_entropy_bonus_raises_entropy_where_no_group_has_a_signal(bench: Bench) -> None:
    config = bench.config(algorithm(entropy_coef=0.5, loss_type="dr_grpo"))
    batch = bench.batch(config, [0.3] * 16)
    updater = bench.updater(config)
    means, losses = [], []
    for step in (1, 2):
        sampled, (found,) = updater.update(batch, step, 1e-3, never)
        means.append(float(sampled.entropy[bench.samples.mask].mean()))
        losses.append(found.loss)
        assert found.policy_loss == 0.0
    assert losses == [pytest.approx(-0.5 * mean, rel=1e-5) for mean in means]
    assert means[1] > means[0] + 1e-3


def poisoned(bench: Bench) -> Callable[[], None]:
    """Make every gradient NaN, as an overflow would; gives the antidote."""
    parameter = next(p for p in bench.policy.model.parameters() if p.requires_grad)
    return parameter.register_hook(lambda gradient: gradient * torch.nan).remove


def test_an_update_that_is_not_finite_is_left_out_and_counted(bench: Bench) -> None:
    config = bench.config({})
    updater = bench.updater(config)
    batch = bench.batch(config)
    before = bench.weights()
    heal = poisoned(bench)
    for _ in range(MAX_SKIPPED_IN_A_ROW - 1):
        (found,) = updater.update(batch, 1, 1e-3, never).updates
        assert found.skipped
    assert torch.equal(before, bench.weights())
    heal()
    (found,) = updater.update(batch, 1, 1e-3, never).updates
    assert not found.skipped
    assert not torch.equal(before, bench.weights())
    assert bench.weights().isfinite().all()


def test_so_many_steps_in_a_row_end_the_run(tmp_path: Path) -> None:
    good, bad = Update(), Update(loss=math.nan, skipped=True)
    state = TrainingState()
    file = tmp_path / "events.jsonl"
    with Journal(file, Stop()) as journal:
        for updates in ([bad], [bad, bad], [bad, good], [good], [bad], [bad]):
            note_skipped(state, updates, journal)
        assert state.skipped_in_a_row == 2
        with pytest.raises(RunError, match="3 steps in a row") as caught:
            note_skipped(state, [bad], journal)
    assert caught.value.error_type == "nan_loss"
    warnings = [line for line in file.read_text().splitlines() if '"warning"' in line]
    assert len(warnings) == 6
    assert "1 of 2 updates left out, since loss (nan)" in warnings[2]


@pytest.mark.parametrize("use_peft", [True, False])
@pytest.mark.parametrize("checkpointing", [True, False])
def test_bfloat16_trains_float32_weights(
    environment: Environment, use_peft: bool, checkpointing: bool
) -> None:
    options = {"use_peft": use_peft, "gradient_checkpointing": checkpointing}
    exact, found = (
        Bench(environment, options | {"dtype": dtype}) for dtype in ("float32", "bfloat16")
    )
    assert all(p.dtype == torch.float32 for p in found.policy.model.parameters() if p.requires_grad)
    found.samples = exact.samples
    expected, _ = exact.gradient({})
    gradient, _ = found.gradient({})
    assert gradient.dtype == torch.float32
    assert torch.cosine_similarity(gradient, expected, dim=0) > 0.98
