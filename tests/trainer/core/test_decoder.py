"""The project's own forward pass against transformers', and its gradients against unshared prompts."""

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from worker.trainer.decoder import attention, lay_out
from worker.trainer.decoder.projection import Projection
from worker.trainer.head import token_scores
from worker.trainer.network import Network
from worker.trainer.rollout import Samples, Sampling, sample
from worker.trainer.score import Scores, score

SHAPE: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.2,
    "max_position_embeddings": 256,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 1e4,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE)),
    "llama with biases, llama3 angles, tied head": lambda: LlamaForCausalLM(
        LlamaConfig(
            **SHAPE,
            attention_bias=True,
            mlp_bias=True,
            rope_parameters=LLAMA3,
            tie_word_embeddings=True,
        )
    ),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SHAPE)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SHAPE, head_dim=16)),
}
PROMPTS = [[3, 4, 5], [3, 4, 5], [9, 8, 7, 6, 5], [3, 4, 6], [9, 8, 7, 6, 5], [3, 4, 5]]
LENGTHS = [7, 1, 12, 3, 9, 20]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "BLOCK", 8)


def made(name: str = "llama", lora: dict[str, Any] | None = None) -> nn.Module:
    torch.manual_seed(0)
    model: nn.Module = MODELS[name]()
    if lora is not None:
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=4, **lora))
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                nn.init.normal_(parameter, std=0.2)
    return model.eval()


def batch() -> tuple[Tensor, Tensor]:
    tokens = torch.randint(0, 50, (6, 20), generator=torch.Generator().manual_seed(1))
    return tokens, torch.arange(20) < torch.tensor(LENGTHS)[:, None]


def plain(model: nn.Module) -> Network:
    """The same model, computed by transformers."""
    network = Network(model, autocast=False)
    network._without_decoder("a test")
    return network


def gradients(network: Network, model: nn.Module, weights: Tensor) -> tuple[Scores, Tensor]:
    model.zero_grad()
    tokens, mask = batch()
    scores = score(network, PROMPTS, tokens, mask, 0.8)
    (scores.logp * weights).sum().backward()
    found = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return scores, torch.cat(found)


@pytest.mark.parametrize("name", MODELS)
def test_it_computes_what_transformers_computes(name: str) -> None:
    network = Network(made(name), autocast=False)
    assert network.decoder is not None
    network.verify()
    assert network.decoder is not None
    assert network.head is not None
    ids = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    layout = lay_out([ids[:3]], [ids[3:]], torch.device("cpu"))
    with torch.no_grad():
        ours = network.head(network.decoder.hidden(layout))
        theirs = network.model(input_ids=torch.tensor([ids])).logits[0, :-1]
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize(
    ("name", "lora"),
    [
        *((name, None) for name in MODELS),
        ("llama", {"target_modules": "all-linear"}),
        ("qwen2", {"target_modules": ["q_proj", "v_proj", "down_proj"]}),
    ],
)
def test_shared_prompts_have_the_gradient_of_unshared_ones(
    name: str, lora: dict[str, Any] | None, checkpointing: bool
) -> None:
    model = made(name, lora)
    if checkpointing:
        base = model.get_base_model() if lora else model
        base.gradient_checkpointing_enable({"use_reentrant": False})
        model.train()
    weights = torch.randn((6, 20), generator=torch.Generator().manual_seed(2))
    expected_scores, expected = gradients(plain(model), model, weights)
    network = Network(model, autocast=False)
    assert network.decoder is not None
    scores, found = gradients(network, model, weights)
    torch.testing.assert_close(scores, expected_scores, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("lora", [None, {"target_modules": "all-linear"}])
def test_decoding_draws_what_transformers_draws(lora: dict[str, Any] | None) -> None:
    model = made("qwen2", lora)

    def drawn(network: Network) -> Samples:
        return sample(
            network,
            [PROMPTS[0], PROMPTS[2], [1]],
            Sampling(max_length=90),  # more than the room the cache begins with
            num_generations=3,
            stop_token_ids=[2, 3],
            pad_token_id=0,
            generator=torch.Generator().manual_seed(0),
        )

    # both leave rows out as they end, at different times, and draw in the order of those that are left
    ours, theirs = drawn(Network(model, autocast=False)), drawn(plain(model))
    assert ours.lengths.unique().numel() > 3
    first = int(min(ours.lengths.min(), theirs.lengths.min()))
    assert torch.equal(ours.tokens[:, :first], theirs.tokens[:, :first])
    prompts = [each for each in ([3, 4, 5], [9, 8, 7, 6, 5], [1]) for _ in range(3)]
    scored = score(plain(model), prompts, ours.tokens, ours.mask, 1.0)
    torch.testing.assert_close(ours.logprob, scored.logp.detach(), rtol=0, atol=1e-4)
    torch.testing.assert_close(ours.entropy, scored.entropy, rtol=0, atol=1e-4)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("autocast", [True, False])
@pytest.mark.parametrize("lora", [None, {"target_modules": "all-linear"}])
def test_an_optimizer_s_step_is_seen(
    lora: dict[str, Any] | None, autocast: bool, fused: bool
) -> None:
    model = made("llama", lora)
    network = Network(model, autocast=autocast)
    tokens, mask = batch()
    trained = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.05, fused=fused)
    before = score(network, PROMPTS, tokens, mask, 1.0)
    before.logp.sum().backward()
    optimizer.step()
    with torch.no_grad():
        after = score(network, PROMPTS, tokens, mask, 1.0)
        fresh = score(Network(model, autocast=autocast), PROMPTS, tokens, mask, 1.0)
    assert torch.equal(after.logp, fresh.logp)
    assert not torch.allclose(after.logp, before.logp, atol=0.1)


def test_the_reference_is_the_model_without_its_adapter() -> None:
    model = made("llama", {"target_modules": "all-linear"})
    network = Network(model, autocast=False)
    tokens, mask = batch()
    with torch.no_grad():
        adapted = score(network, PROMPTS, tokens, mask, 1.0)
        with model.disable_adapter():
            found = score(network.like(model), PROMPTS, tokens, mask, 1.0)
        expected = score(Network(made(), autocast=False), PROMPTS, tokens, mask, 1.0)
        again = score(network, PROMPTS, tokens, mask, 1.0)
    torch.testing.assert_close(found, expected)
    assert torch.equal(again.logp, adapted.logp)


def test_bfloat16_is_as_near_to_float32_as_transformers_is() -> None:
    tokens, mask = batch()
    lora = {"target_modules": "all-linear"}
    exact = score(plain(made("llama", lora)), PROMPTS, tokens, mask, 1.0).logp.detach()
    half = made("llama", lora)
    half.get_base_model().to(torch.bfloat16)
    for name, parameter in half.named_parameters():
        if "lora_" in name:
            parameter.data = parameter.data.float()
    theirs = (score(plain(half), PROMPTS, tokens, mask, 1.0).logp.detach() - exact).abs().mean()
    network = Network(half, autocast=False)
    assert network.decoder is not None
    ours = (score(network, PROMPTS, tokens, mask, 1.0).logp.detach() - exact).abs().mean()
    assert ours < 1.5 * theirs
    found = sample(
        network,
        [PROMPTS[0]],
        Sampling(max_length=20),
        num_generations=4,
        stop_token_ids=[],
        pad_token_id=0,
        generator=torch.Generator().manual_seed(0),
    )
    scored = score(network, [PROMPTS[0]] * 4, found.tokens, found.mask, 1.0)
    # the sampler multiplies with the very factors of the scoring pass: only rounding is left
    assert (scored.logp.detach() - found.logprob).abs().mean() < 0.03


def test_dropout_trains_with_transformers() -> None:
    model = made("llama", {"target_modules": "all-linear", "lora_dropout": 0.5}).train()
    network = Network(model, autocast=False)
    assert network.decoder is not None
    assert not network.decoder.can_train()
    tokens, mask = batch()
    one, other = (score(network, PROMPTS, tokens, mask, 1.0) for _ in range(2))
    assert not torch.equal(one.logp, other.logp)


def test_other_families_are_computed_by_transformers_alone() -> None:
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=2)).eval()
    network = Network(model, autocast=False)
    network.verify()
    assert network.decoder is None
    assert network.why_plain == "model type gpt2"


def test_a_pass_that_differs_is_not_used() -> None:
    model = LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()
    for layer in model.model.layers:  # a change that the decoder cannot know
        layer.mlp.act_fn = nn.GELU()
    network = Network(model, autocast=False)
    network.verify()
    assert network.decoder is None
    assert "differ" in network.why_plain


@pytest.fixture(params=[True, False], ids=["trained head", "frozen head"])
def head(request: pytest.FixtureRequest) -> nn.Linear:
    torch.manual_seed(0)
    layer = nn.Linear(8, 40)
    layer.requires_grad_(request.param)
    return layer


@pytest.mark.parametrize("chunk", [2**24, 80])
def test_scores_from_hidden_states_are_exact(head: nn.Linear, chunk: int) -> None:
    hidden = torch.randn(7, 8) * torch.tensor([0.1, 1, 3, 10, 100, 300, 1])[:, None]
    with torch.no_grad():
        head.bias[3] = -torch.inf  # a token that cannot occur
    hidden.requires_grad_()
    targets = torch.tensor([1, 2, 0, 4, 5, 6, 7])
    logp, entropy = token_scores(Projection([head], torch.float32), hidden, targets, 0.7, chunk)
    weights = torch.randn(7)
    inputs = [hidden, *(p for p in head.parameters() if p.requires_grad)]
    found = torch.autograd.grad((logp * weights).sum(), inputs)

    logits = nn.functional.linear(hidden.double(), head.weight.double(), head.bias.double()) / 0.7
    logprobs = logits.log_softmax(-1)
    exact = logprobs.gather(1, targets[:, None])[:, 0]
    torch.testing.assert_close(logp, exact.float(), rtol=1e-5, atol=1e-4)
    surprise = torch.special.entr(logprobs.exp()).sum(-1)
    torch.testing.assert_close(entropy, surprise.float(), rtol=1e-5, atol=1e-5)
    expected = torch.autograd.grad((exact * weights).sum(), inputs)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other.to(one.dtype), rtol=1e-4, atol=1e-4)
