import math

import pytest
import torch

from ahora.config import AnalysisConfig, OptimizerConfig
from worker.trainer.collapse import CollapseDetector
from worker.trainer.optimizer import learning_rate
from worker.trainer.state import Collapse
from worker.trainer.statistics import (
    existing,
    horizon_statistics,
    masked_mean,
    pass_at_k,
    sampling_variance,
    weight_profile,
)


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (4, 1, 1, 0.25),
        (4, 1, 2, 0.5),  # 1 - C(3,2)/C(4,2) = 1 - 3/6
        (5, 2, 3, 0.9),  # 1 - C(3,3)/C(5,3) = 1 - 1/10
        (5, 3, 3, 1.0),
        (3, 0, 2, 0.0),
    ],
)
def test_pass_at_k_by_hand(n: int, c: int, k: int, expected: float) -> None:
    assert pass_at_k(n, c, k) == pytest.approx(expected)


def test_sampling_variance_by_hand() -> None:
    # group means 0, 1, 0.5: sample variance 1/4, over 3 groups
    assert sampling_variance(torch.tensor([0.0, 1.0, 0.5])) == pytest.approx(1 / 12)
    assert sampling_variance(torch.tensor([0.0, 1.0, 0.5, torch.nan])) == pytest.approx(1 / 12)
    assert math.isnan(sampling_variance(torch.tensor([1.0])))


def test_weight_profile_by_hand() -> None:
    weights = torch.tensor(
        [[1.0, 1.0, 1.0, 1.0, 1.0], [0.9, 0.6, 0.4, 0.2, 0.1], [0.7, 0.4, 0.0, 0.0, 0.0]]
    )
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    found = weight_profile(weights, mask, torch.tensor([1.0, -1.0, -0.5]))
    # position 4 is reached by one negative rollout, position 5 is none of 1, 2, 4
    assert found == {
        "horizon/weight_at/1": pytest.approx(0.8),
        "horizon/weight_at/2": pytest.approx(0.5),
        "horizon/weight_at/4": pytest.approx(0.2),
    }
    assert weight_profile(weights, mask, torch.ones(3)) == {}


def test_horizon_statistics_by_hand() -> None:
    weights = torch.tensor([[1.0, 1.0], [0.5, 0.25], [0.5, 0.0]])
    mask = torch.tensor([[1, 1], [1, 1], [1, 0]])
    found = horizon_statistics(weights, mask, torch.tensor([1.0, -1.0, -1.0]))
    assert found == {
        "horizon/weight_mean": pytest.approx(1.25 / 3),
        "horizon/effective_length": pytest.approx((0.75 + 0.5) / 2),
        "horizon/effective_fraction": pytest.approx((0.375 + 0.5) / 2),
    }


def test_what_does_not_exist_is_left_out() -> None:
    nothing = masked_mean(torch.ones(2), torch.zeros(2))
    assert existing({"a": nothing, "b": 0.0, "c": math.inf}) == {"b": 0.0, "c": math.inf}
    none_negative = horizon_statistics(torch.ones(1, 2), torch.ones(1, 2), torch.ones(1))
    assert existing(none_negative) == {}


def test_collapse_needs_patience_in_a_row() -> None:
    detector = CollapseDetector(AnalysisConfig(entropy_threshold=0.5, patience=2), Collapse())
    # the first five average 1.0, so the threshold is 0.5
    series = [0.8, 1.2, 1.0, 0.9, 1.1, 0.4, 0.6, 0.4, 0.3, 0.2, 0.7]
    found = [(detector.update(value), detector.began) for value in series]
    assert [collapsed for collapsed, _ in found] == [False] * 8 + [True, True, False]
    assert [began for _, began in found] == [False] * 8 + [True, False, False]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("constant_with_warmup", [0.5, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]),
        ("cosine", [0.5, 1.0, 1.0, (1 + math.cos(math.pi / 4)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]),
    ],
)
def test_learning_rates_by_hand(kind: str, expected: list[float]) -> None:
    config = OptimizerConfig(learning_rate=1.0, warmup_steps=2, lr_scheduler_type=kind)  # type: ignore[arg-type]
    assert [learning_rate(config, step, 6) for step in range(1, 7)] == pytest.approx(expected)
