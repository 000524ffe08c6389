"""The vllm engine on a small float32 model, against the policy and against the hf engine."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from transformers import GPTNeoConfig, GPTNeoForCausalLM

from ahora.config import RunConfig
from tests.vllm.conftest import Pair, same
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.models import load_policy
from worker.trainer.network import Network
from worker.trainer.rollout import Sampling
from worker.trainer.rollout.vllm import VllmEngine
from worker.trainer.stop import StopRequested

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]

SAMPLING = Sampling(max_length=60)
GREEDY = Sampling(max_length=60, greedy=True)


@pytest.fixture(scope="module")
def pair(environment: Environment) -> Iterator[Pair]:
    rollout = {"engine": "vllm", "generation_batch_size": 256, "max_completion_length": 60}
    found = Pair(RunConfig.model_validate({"rollout": rollout}), environment, 80)
    yield found
    found.vllm.close()


@pytest.fixture(scope="module")
def prompts(pair: Pair) -> list[list[int]]:
    return [pair.policy.tokenizer.encode(f"{31 * n + 10_007}*{n % 8 + 2}=") for n in range(32)]


def test_log_probabilities_are_the_policys(pair: Pair, prompts: list[list[int]]) -> None:
    samples = pair.sample(pair.vllm, prompts, SAMPLING, num_generations=4)
    assert not samples.policy_scores
    assert samples.tokens.shape[0] == 128
    assert float(pair.difference(prompts, samples).max()) < 1e-4  # 3e-6 was measured
    for row, tokens in enumerate(samples.token_lists()):
        ended = tokens[-1] in pair.policy.stop_token_ids
        assert pair.policy.stop_token_ids[0] not in tokens[:-1]
        assert bool(samples.truncated[row]) == (not ended)
    assert bool(((samples.tokens == pair.policy.tokenizer.pad_token_id) | samples.mask).all())
    assert not samples.logprob[~samples.mask].any()


def test_the_temperature_is_that_of_the_log_probabilities(
    pair: Pair, prompts: list[list[int]]
) -> None:
    samples = pair.sample(pair.vllm, prompts, replace(SAMPLING, temperature=0.7))
    found = pair.scores(prompts, samples, 0.7)
    assert float((found.logp - samples.logprob)[samples.mask].abs().max()) < 1e-4


def test_greedy_completions_are_those_of_hf(pair: Pair, prompts: list[list[int]]) -> None:
    assert same(pair.sample(pair.vllm, prompts, GREEDY), pair.sample(pair.hf, prompts, GREEDY))


def test_filters_leave_what_they_say(pair: Pair, prompts: list[list[int]]) -> None:
    samples = pair.sample(pair.vllm, prompts, replace(SAMPLING, max_length=1, top_k=2), 8)
    model = pair.network.model
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([prompt])).logits[0, -1] for prompt in prompts]
    top = torch.stack(logits).log_softmax(-1).topk(2).values.repeat_interleave(8, dim=0)
    logp = pair.scores(prompts, samples).logp[:, 0]
    assert bool((logp >= top[:, 1] - 1e-4).all())
    # what vLLM tells is the distribution it drew from: what is left, made whole again
    expected = logp - top.logsumexp(dim=1)
    torch.testing.assert_close(samples.logprob[:, 0], expected, rtol=1e-4, atol=1e-4)


def test_completions_are_distributed_as_those_of_hf(pair: Pair, prompts: list[list[int]]) -> None:
    def statistics(engine: str) -> torch.Tensor:
        found = pair.sample(getattr(pair, engine), prompts[:8], SAMPLING, 32, seed=3)
        texts = pair.policy.tokenizer.batch_decode(found.token_lists(), skip_special_tokens=True)
        ten = [float("10" in text) for text in texts]
        nine = [float(text.count("9")) for text in texts]
        return torch.stack(
            [torch.tensor(ten), torch.tensor(nine), found.lengths.float(), found.logprob.sum(1)]
        )

    one, other = statistics("vllm"), statistics("hf")
    error = ((one.var(dim=1) + other.var(dim=1)) / one.shape[1]).sqrt()
    assert float(((one.mean(dim=1) - other.mean(dim=1)).abs() / error).max()) < 4


def test_new_weights_arrive_with_a_sync_and_not_before(
    pair: Pair, prompts: list[list[int]]
) -> None:
    before = pair.sample(pair.vllm, prompts, GREEDY)
    kept = {name: tensor.clone() for name, tensor in pair.policy.model.state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in pair.policy.model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    try:
        assert same(pair.sample(pair.vllm, prompts, GREEDY), before)
        pair.vllm.rest()
        pair.vllm.sync()
        after = pair.sample(pair.vllm, prompts, GREEDY)
        assert not same(after, before)
        assert same(after, pair.sample(pair.hf, prompts, GREEDY))
        samples = pair.sample(pair.vllm, prompts, SAMPLING)
        assert float(pair.difference(prompts, samples).max()) < 1e-4
    finally:
        pair.policy.model.load_state_dict(kept)
        pair.vllm.sync()


def test_completions_follow_from_the_seed_alone(pair: Pair, prompts: list[list[int]]) -> None:
    first = pair.sample(pair.vllm, prompts[:4], SAMPLING, 4, seed=1)
    assert not same(pair.sample(pair.vllm, prompts[:4], SAMPLING, 4, seed=2), first)
    pair.vllm.sync()
    again = pair.sample(pair.vllm, prompts[:4], SAMPLING, 4, seed=1)
    assert same(again, first)
    assert torch.equal(again.logprob, first.logprob)
    assert len({tuple(tokens) for tokens in first.token_lists()[:4]}) > 1


def test_a_stop_abandons_the_batch_at_the_next_token(pair: Pair, prompts: list[list[int]]) -> None:
    first = pair.sample(pair.vllm, prompts, SAMPLING)
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise StopRequested

    with pytest.raises(StopRequested):
        pair.sample(pair.vllm, prompts, SAMPLING, 8, check=stop)
    assert calls == 5
    # nothing of it is left
    assert same(pair.sample(pair.vllm, prompts, SAMPLING), first)


def test_what_is_too_long_names_the_field(pair: Pair, prompts: list[list[int]]) -> None:
    with pytest.raises(RunError, match=r"rollout\.vllm_max_model_length"):
        pair.sample(pair.vllm, prompts, replace(SAMPLING, max_length=73))
    assert math.isfinite(float(pair.sample(pair.vllm, prompts, SAMPLING).logprob.sum()))


def test_a_model_that_vllm_does_not_know_is_named(pair: Pair, environment: Environment) -> None:
    assert environment.model_root is not None
    folder = environment.model_root / "unknown"
    shape = {"vocab_size": 18, "hidden_size": 32, "num_layers": 2, "num_heads": 2}
    layers = {"attention_types": [[["global"], 2]], "max_position_embeddings": 128}
    GPTNeoForCausalLM(GPTNeoConfig(**shape, **layers)).save_pretrained(folder)
    pair.policy.tokenizer.save_pretrained(folder)
    changed = pair.config.model.model_copy(update={"model_name_or_path": "local:unknown"})
    policy = load_policy(changed, torch.device("cpu"), environment, lambda *_: None)
    config = pair.config.model_copy(update={"model": changed})
    with pytest.raises(RunError, match=r"'local:unknown'.*'GPTNeoForCausalLM'.*to 'hf'") as caught:
        VllmEngine(config, policy, Network(policy.model, autocast=False), 80)
    assert caught.value.error_type == "engine_failed"


def test_starting_vllm_leaves_the_process_as_it_was(pair: Pair) -> None:
    torch.set_num_threads(2)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert torch.get_num_threads() == 1
