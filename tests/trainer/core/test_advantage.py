import math

import pytest
import torch

from worker.trainer.advantage import group_advantages, nan_std


def values(rewards: list[float], G: int, scale: str = "group") -> list[float]:
    return group_advantages(torch.tensor(rewards), G, scale).values.tolist()  # type: ignore[arg-type]


def test_by_hand() -> None:
    # rewards 1, 0, 0, 0: mean 1/4, ddof-1 std = sqrt((9/16 + 3/16) / 3) = 1/2
    assert values([1.0, 0.0, 0.0, 0.0], 4) == pytest.approx([0.75 / 0.5001] + [-0.25 / 0.5001] * 3)


def test_the_batch_scale_uses_the_spread_of_all_rewards() -> None:
    # two groups (1, 0) and (0, 0): mean of all 1/4, std 1/2; group means 1/2 and 0
    assert values([1.0, 0.0, 0.0, 0.0], 2, "batch") == pytest.approx(
        [0.5 / 0.5001, -0.5 / 0.5001, 0.0, 0.0]
    )


def test_no_scale_only_centres() -> None:
    assert values([3.0, 1.0], 2, "none") == [1.0, -1.0]


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_equal_rewards_of_0_3_have_exactly_no_advantage(scale: str) -> None:
    rewards = torch.full((8,), 0.3)  # float32, where 0.3 is not representable
    found = group_advantages(torch.cat([rewards[:6], torch.tensor([0.0, 1.0])]), 2, scale)  # type: ignore[arg-type]
    assert found.values[:6].tolist() == [0.0] * 6
    assert found.has_signal.tolist() == [False, False, False, True]


def test_unscored_completions_are_out_of_the_statistics() -> None:
    found = group_advantages(torch.tensor([1.0, torch.nan, 0.0, 0.5, torch.nan, 0.5]), 3, "group")
    # group 1 is (1, 0): mean 1/2, std sqrt(1/2)
    spread = math.sqrt(0.5) + 1e-4
    assert found.values.tolist() == pytest.approx([0.5 / spread, 0.0, -0.5 / spread, 0.0, 0.0, 0.0])
    assert found.has_signal.tolist() == [True, False]
    assert found.group_mean.tolist() == [0.5, 0.5]


def test_a_group_with_less_than_two_scores_has_no_signal() -> None:
    found = group_advantages(torch.tensor([1.0, torch.nan, torch.nan, torch.nan]), 2, "group")
    assert found.values.tolist() == [0.0] * 4
    assert found.has_signal.tolist() == [False, False]
    assert found.group_mean[0] == 1.0
    assert found.group_mean[1].isnan()
    assert found.group_std.isnan().all()


def test_standard_deviation_without_nan_is_torchs() -> None:
    data = torch.tensor([[1.0, 2.0, 4.0], [0.5, 0.25, 8.0]], dtype=torch.float64)
    assert torch.equal(nan_std(data, dim=1), data.std(dim=1))
