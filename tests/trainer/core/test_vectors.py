"""Agreement to 1e-6 with cases worked out in float64 apart from this project (vectors.json)."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from worker.trainer.advantage import group_advantages
from worker.trainer.entropy import normalised, token_entropy
from worker.trainer.horizon import horizon_weights
from worker.trainer.kl import k1, k2, k3
from worker.trainer.loss import aggregate, policy_term, rollout_scale
from worker.trainer.statistics import horizon_statistics

V: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
MASK = torch.tensor(V["mask"])
LOGITS = torch.tensor(V["logits"], dtype=torch.float64)
LOGP = torch.tensor(V["logp"], dtype=torch.float64)
A = torch.tensor(V["advantages"]["group"], dtype=torch.float64)
LOSS_TYPES = ("grpo", "dapo", "dr_grpo")


def close(found: torch.Tensor, expected: Any) -> None:
    torch.testing.assert_close(
        found.double(), torch.as_tensor(expected, dtype=torch.float64), rtol=1e-6, atol=1e-6
    )


def entropy_at(temperature: float) -> torch.Tensor:
    flat = LOGITS.reshape(-1, V["V"]).float() / temperature
    return token_entropy(flat).view(V["B"], V["T"])


def weights(case: dict[str, Any], temperature: float = 1.0) -> torch.Tensor:
    return horizon_weights(
        normalised(entropy_at(temperature), V["V"]),
        MASK,
        A,
        alpha=case["alpha"],
        discount=case["kind"],
        inclusive=case["inclusive"],
        selective=case["selective"],
    )


def test_log_probabilities_of_the_chosen_tokens() -> None:
    tokens = torch.tensor(V["tokens"])
    close(LOGITS.log_softmax(-1).gather(2, tokens[..., None])[..., 0], V["logp"])


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_advantages(scale: str) -> None:
    found = group_advantages(torch.tensor(V["rewards"]), V["G"], scale)  # type: ignore[arg-type]
    close(found.values, V["advantages"][scale])


@pytest.mark.parametrize("temperature", ["1", "0.7", "1.3"])
def test_entropy(temperature: str) -> None:
    close(entropy_at(float(temperature)), V["entropy"][temperature])


def test_weights_at_another_temperature() -> None:
    case = V["temperature_case"]
    close(weights(case, case["temperature"]), case["weights"])


@pytest.mark.parametrize(
    "case", V["cases"], ids=lambda c: f"{c['alpha']}-{c['kind']}-{c['inclusive']}-{c['selective']}"
)
def test_weights_statistics_loss_and_gradient(case: dict[str, Any]) -> None:
    w = weights(case)
    close(w, case["weights"])
    for name, value in horizon_statistics(w, MASK, A).items():
        assert value == pytest.approx(case[name], rel=1e-6, abs=1e-6)

    old_logp = LOGP + torch.tensor(V["old_shift"], dtype=torch.float64)
    ref_logp = LOGP + torch.tensor(V["ref_shift"], dtype=torch.float64)
    for loss_type in LOSS_TYPES:
        logp = LOGP.clone().requires_grad_()
        scale = rollout_scale(MASK.sum(1), loss_type, V["max_completion_length"])
        term = policy_term(
            logp, old_logp, A, w, epsilon=V["epsilon"], epsilon_high=V["epsilon_high"]
        )
        loss = aggregate(term.loss, MASK, scale)
        close(loss, case["loss"][loss_type])
        (slope,) = torch.autograd.grad(loss, logp)
        close(slope, case["dlogp"][loss_type])
        for name, estimate in (("k1", k1), ("k2", k2), ("k3", k3)):
            divergence = aggregate(estimate(LOGP, ref_logp), MASK, scale)
            close(loss + V["beta"] * divergence, case["loss_beta"][name][loss_type])
