import random

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from worker.trainer.data.multiplication import MultiplicationProblems
from worker.trainer.errors import RunError
from worker.trainer.models import Policy
from worker.trainer.network import Network
from worker.trainer.rollout import Samples, Sampling, sample
from worker.trainer.score import score
from worker.trainer.stop import Stop, StopRequested

STOP = 1


def prompts(policy: Policy, count: int, digits: int = 5) -> list[list[int]]:
    pool = MultiplicationProblems(digits, held_out=True)
    rng = random.Random(0)
    return [policy.tokenizer.encode(pool[rng.randrange(len(pool))].question) for _ in range(count)]


def of_many_lengths(policy: Policy) -> list[list[int]]:
    return [each for digits in (2, 5, 3, 4) for each in prompts(policy, 2, digits)]


def drawn(
    network: Network, given: list[list[int]], G: int = 4, seed: int = 0, **options: float
) -> Samples:
    return sample(
        network,
        given,
        Sampling(**{"max_length": 60, **options}),  # type: ignore[arg-type]
        num_generations=G,
        stop_token_ids=[STOP],
        pad_token_id=0,
        generator=torch.Generator().manual_seed(seed),
    )


def test_greedy_equals_transformers_generate(policy: Policy, network: Network) -> None:
    given = of_many_lengths(policy)
    ours = drawn(network, given, G=1, greedy=True)
    longest = max(map(len, given))
    ids = torch.tensor([[0] * (longest - len(each)) + each for each in given])
    mask = torch.tensor([[0] * (longest - len(each)) + [1] * len(each) for each in given])
    theirs = policy.model.generate(
        input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=60
    )[:, longest:]
    for row, tokens in enumerate(ours.token_lists()):
        assert theirs[row, : len(tokens)].tolist() == tokens
        assert theirs[row, len(tokens) :].eq(0).all()


def test_shapes_masks_and_stops(policy: Policy, network: Network) -> None:
    found = drawn(network, prompts(policy, 3))
    assert found.tokens.shape == found.mask.shape == found.logprob.shape == found.entropy.shape
    assert found.tokens.shape[0] == 12
    for tokens, truncated in zip(found.token_lists(), found.truncated.tolist(), strict=True):
        assert STOP not in tokens[:-1]
        assert (tokens[-1] != STOP) == truncated
        assert len(tokens) == 60 if truncated else len(tokens) <= 60
    hidden = ~found.mask
    for values in (found.tokens, found.logprob, found.entropy):
        assert values[hidden].eq(0).all()
    # completion tokens come first, padding after them
    assert (found.mask.long().diff(dim=1) <= 0).all()
    assert found.lengths.tolist() == [len(tokens) for tokens in found.token_lists()]


def test_any_stop_token_ends_a_completion_and_the_limit_truncates(
    policy: Policy, network: Network
) -> None:
    comma = policy.tokenizer.convert_tokens_to_ids(",")
    options = {"num_generations": 2, "pad_token_id": 0, "stop_token_ids": [STOP, comma]}
    given = prompts(policy, 2)
    found = sample(network, given, Sampling(60, greedy=True), **options)  # type: ignore[arg-type]
    assert {tokens[-1] for tokens in found.token_lists()} <= {STOP, comma}
    short = sample(network, given, Sampling(2, greedy=True), **options)  # type: ignore[arg-type]
    assert short.truncated.all()
    assert short.tokens.shape == (4, 2)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_and_entropies_agree_with_the_scoring_pass(
    policy: Policy, network: Network, temperature: float
) -> None:
    # different prompt lengths, and rows that leave the batch on the way
    given = of_many_lengths(policy)
    found = drawn(network, given, G=3, temperature=temperature)
    repeated = [each for each in given for _ in range(3)]
    scored = score(network, repeated, found.tokens, found.mask, temperature)
    torch.testing.assert_close(scored.logp, found.logprob, rtol=0, atol=3e-5)
    torch.testing.assert_close(scored.entropy, found.entropy, rtol=0, atol=3e-5)


def test_filters_only_change_what_is_drawn_not_what_is_reported(
    policy: Policy, network: Network
) -> None:
    given = prompts(policy, 4)
    likeliest = drawn(network, given, G=1, greedy=True)
    found = drawn(network, given, G=1, top_k=1)
    assert torch.equal(found.tokens, likeliest.tokens)
    scored = score(network, given, found.tokens, found.mask, 1.0)
    torch.testing.assert_close(scored.logp, found.logprob, rtol=0, atol=3e-5)


def test_the_seed_decides(policy: Policy, network: Network) -> None:
    given = prompts(policy, 2)
    one, same, other = (drawn(network, given, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.tokens, same.tokens)
    assert torch.equal(one.logprob, same.logprob)
    assert one.token_lists() != other.token_lists()


def test_chunks_of_the_output_head_change_neither_values_nor_gradient(
    policy: Policy, network: Network
) -> None:
    given = of_many_lengths(policy)
    found = drawn(network, given, G=1)
    results = []
    for chunk in (2**24, 18 * 7):  # everything at once, and seven tokens at a time
        policy.model.zero_grad()
        scored = score(network, given, found.tokens, found.mask, 1.0, chunk)
        scored.logp.sum().backward()
        gradient = torch.cat(
            [p.grad.flatten() for p in policy.model.parameters() if p.grad is not None]
        )
        results.append((scored.logp.detach(), scored.entropy, gradient))
    for whole, chunked in zip(*results, strict=True):
        torch.testing.assert_close(chunked, whole, rtol=1e-4, atol=1e-4)


def test_scores_are_those_of_the_whole_model(policy: Policy, network: Network) -> None:
    given = prompts(policy, 1)
    found = drawn(network, given, G=1)
    scored = score(network, given, found.tokens, found.mask, 0.5)
    ids = torch.tensor([given[0] + found.token_lists()[0]])
    logits = policy.model(input_ids=ids).logits[0, len(given[0]) - 1 : -1].detach() / 0.5
    expected = logits.log_softmax(-1).gather(1, found.tokens[0, :, None])[:, 0]
    torch.testing.assert_close(scored.logp[0].detach(), expected, rtol=0, atol=3e-5)


def test_weights_that_are_not_numbers_end_the_run(policy: Policy, network: Network) -> None:
    with torch.no_grad():
        next(policy.model.parameters()).fill_(torch.nan)
    with pytest.raises(RunError, match="not numbers") as caught:
        drawn(network, prompts(policy, 1))
    assert caught.value.error_type == "nan_loss"


def test_a_stop_abandons_the_batch(policy: Policy, network: Network) -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(StopRequested):
        sample(
            network,
            prompts(policy, 1),
            Sampling(60),
            num_generations=1,
            stop_token_ids=[STOP],
            pad_token_id=0,
            check=stop.check,
        )


def test_a_model_that_changes_its_logits_after_the_head_is_refused() -> None:
    class Scaled(LlamaForCausalLM):
        def forward(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            output = super().forward(*args, **kwargs)
            output.logits = 30 * torch.tanh(output.logits)
            return output

    config = LlamaConfig(
        vocab_size=20,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=0.5,
    )
    Network(LlamaForCausalLM(config), autocast=False).verify()
    with pytest.raises(RunError, match="Scaled changes its logits"):
        Network(Scaled(config), autocast=False).verify()
