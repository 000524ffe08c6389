"""The vllm engine on SmolLM2-135M, a bfloat16 model with LoRA: the usual case."""

from collections.abc import Iterator

import pytest
import torch

from ahora.config import RunConfig
from tests.vllm.conftest import Pair, same
from worker.trainer.environment import Environment
from worker.trainer.rollout import Sampling

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]

SAMPLING = Sampling(max_length=24)
GREEDY = Sampling(max_length=24, greedy=True)
QUESTIONS = [f"Calculate: {a} + {b}" for a in (1, 4, 7, 9) for b in (2, 5)]


@pytest.fixture(scope="module")
def pair(environment: Environment) -> Iterator[Pair]:
    config = RunConfig.model_validate(
        {
            "model": {"model_name_or_path": "smollm2-135m", "use_peft": True, "dtype": "bfloat16"},
            "data": {"kind": "arithmetic"},
            "rollout": {"engine": "vllm", "generation_batch_size": 32},
            "evaluation": {"batch_size": 32},
        }
    )
    found = Pair(config, environment, 96)
    yield found
    found.vllm.close()


@pytest.fixture(scope="module")
def prompts(pair: Pair) -> list[list[int]]:
    messages = [[{"role": "user", "content": question}] for question in QUESTIONS]
    rendered = pair.policy.tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=False
    )
    return [list(ids) for ids in pair.policy.tokenizer(rendered)["input_ids"]]


def change_adapter(pair: Pair, std: float) -> None:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in pair.policy.model.named_parameters():
            if "lora_B" in name:
                parameter.copy_(std * torch.randn(parameter.shape, generator=generator))


def test_log_probabilities_are_the_policys_but_for_rounding(
    pair: Pair, prompts: list[list[int]]
) -> None:
    difference = pair.difference(prompts, pair.sample(pair.vllm, prompts, SAMPLING, 4))
    # bfloat16 has 8 bits: a logit of 16 is known to 0.06
    assert float(difference.mean()) < 0.05
    assert float(difference.quantile(0.99)) < 0.5


def test_greedy_completions_are_nearly_those_of_hf(pair: Pair, prompts: list[list[int]]) -> None:
    one = pair.sample(pair.vllm, prompts, GREEDY).token_lists()
    other = pair.sample(pair.hf, prompts, GREEDY).token_lists()
    # where two tokens are within rounding of each other the completions part
    equal = sum(a == b for a, b in zip(one, other, strict=True))
    assert equal >= len(prompts) // 2
    assert sum(a[:4] == b[:4] for a, b in zip(one, other, strict=True)) >= len(prompts) - 1


def test_a_changed_adapter_arrives_merged(pair: Pair, prompts: list[list[int]]) -> None:
    before = pair.sample(pair.vllm, prompts, GREEDY)
    change_adapter(pair, 0.15)
    unsynced = pair.sample(pair.vllm, prompts, GREEDY)
    assert same(unsynced, before)
    stale = float(pair.difference(prompts, unsynced).mean())
    pair.vllm.sync()
    after = pair.sample(pair.vllm, prompts, SAMPLING, 4)
    assert not same(pair.sample(pair.vllm, prompts, GREEDY), before)
    fresh = float(pair.difference(prompts, after).mean())
    assert fresh < 0.2
    assert stale > 5 * fresh
    change_adapter(pair, 0.0)
    pair.vllm.sync()
    assert same(pair.sample(pair.vllm, prompts, GREEDY), before)
