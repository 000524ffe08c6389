import math

import pytest
import torch

from worker.trainer.entropy import entropy_of_logprobs, normalised, surprise, token_entropy


def reference(logits: torch.Tensor) -> torch.Tensor:
    logp = logits.double().log_softmax(dim=1)
    p = logp.exp()
    return -torch.where(p > 0, p * logp, 0.0).sum(dim=1)


def test_two_tokens_by_hand() -> None:
    # p = (3/4, 1/4): H = 2 ln 2 - 3/4 ln 3
    logits = torch.tensor([[math.log(3.0), 0.0]])
    assert float(token_entropy(logits)) == pytest.approx(2 * math.log(2) - 0.75 * math.log(3))


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0, 1000.0])
@pytest.mark.parametrize(("tokens", "vocabulary"), [(None, None), (3, 100), (1, 7), (100, 4096)])
def test_chunks_equal_the_float64_reference(
    scale: float, tokens: int | None, vocabulary: int | None
) -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(11, 1000, generator=generator) * scale
    found = token_entropy(logits, tokens, vocabulary)
    torch.testing.assert_close(found.double(), reference(logits), rtol=1e-5, atol=1e-5)


def test_the_form_that_training_uses_equals_the_reference_too() -> None:
    logits = torch.randn(11, 1000, generator=torch.Generator().manual_seed(2)) * 20
    found = entropy_of_logprobs(logits.log_softmax(dim=1))
    torch.testing.assert_close(found.double(), reference(logits), rtol=1e-5, atol=1e-5)


def test_logits_of_minus_infinity_have_probability_zero() -> None:
    logits = torch.tensor([[0.0, 0.0, -torch.inf, -torch.inf], [5.0, *[-torch.inf] * 3]])
    for chunk in (None, 1, 2, 3):
        assert token_entropy(logits, chunk_vocabulary=chunk).tolist() == pytest.approx(
            [math.log(2), 0.0]
        )
    assert entropy_of_logprobs(logits.log_softmax(1)).tolist() == pytest.approx([math.log(2), 0.0])


def test_low_precision_logits_are_summed_in_float32() -> None:
    logits = torch.randn(4, 5000, generator=torch.Generator().manual_seed(3)).bfloat16()
    torch.testing.assert_close(
        token_entropy(logits).double(), reference(logits), rtol=1e-5, atol=1e-5
    )


def test_normalised_lies_between_0_and_1() -> None:
    V = 151_936
    uniform = token_entropy(torch.zeros(1, V))
    assert normalised(uniform, V).tolist() == [pytest.approx(1.0)]
    assert float(normalised(uniform * 1.000001, V)) == 1.0
    certain = torch.full((1, V), -torch.inf)
    certain[0, 7] = 0.0
    assert float(normalised(token_entropy(certain), V)) == 0.0


def test_no_gradient_flows() -> None:
    logits = torch.zeros(1, 4, requires_grad=True)
    assert not token_entropy(logits).requires_grad
    assert not entropy_of_logprobs(logits.log_softmax(1)).requires_grad


def test_the_gradient_of_an_entropy_bonus_by_hand() -> None:
    # dH/dx_v = -p_v (ln p_v + H); logits of -inf have none
    logits = torch.tensor([[math.log(3.0), 0.0, -torch.inf]], dtype=torch.float64)
    logits.requires_grad_()
    surprise(logits.log_softmax(-1)).sum().backward()
    H = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert logits.grad is not None
    assert logits.grad[0].tolist() == pytest.approx(
        [-0.75 * (math.log(0.75) + H), -0.25 * (math.log(0.25) + H), 0.0]
    )
