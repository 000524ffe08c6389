"""Whole completions drawn by the sampler have the frequencies that the model's probabilities give.

The vocabulary and the completions are so small that all of them can be listed. The expected
probabilities are made of the whole model's logits in float64 and transformers' own warpers.
"""

import copy
import math
from collections import Counter

import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from worker.trainer.network import Network
from worker.trainer.rollout import Sampling, sample

V, LONGEST, DRAWS = 6, 3, 12_000
PROMPTS = [[3, 4], [5, 2, 2, 4, 3]]
"""Of different lengths, so that one is padded."""


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=V,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=32,
        initializer_range=0.2,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config).eval()


def warpers(options: dict[str, float]) -> LogitsProcessorList:
    made = LogitsProcessorList()
    if "temperature" in options:
        made.append(TemperatureLogitsWarper(options["temperature"]))
    if "top_k" in options:
        made.append(TopKLogitsWarper(int(options["top_k"])))
    if "top_p" in options:
        made.append(TopPLogitsWarper(options["top_p"]))
    if "min_p" in options:
        made.append(MinPLogitsWarper(options["min_p"]))
    return made


@torch.no_grad()
def expected(
    model: LlamaForCausalLM, prompt: list[int], stops: set[int], options: dict[str, float]
) -> dict[tuple[int, ...], float]:
    """Probability of every completion that can be drawn."""
    exact, warp = copy.deepcopy(model).double(), warpers(options)
    found: dict[tuple[int, ...], float] = {}

    def extend(written: tuple[int, ...], probability: float) -> None:
        if len(written) == LONGEST or (written and written[-1] in stops):
            found[written] = probability
            return
        ids = torch.tensor([[*prompt, *written]])
        shares = warp(ids, exact(input_ids=ids).logits[:, -1]).softmax(-1)[0].tolist()
        for token in range(V):
            if shares[token] > 0:
                extend((*written, token), probability * shares[token])

    extend((), 1.0)
    return found


def deviation(counts: Counter[tuple[int, ...]], chances: dict[tuple[int, ...], float]) -> float:
    """Pearson's chi-square as standard deviations above its mean; rare completions are one cell."""
    total = counts.total()
    cells = {key: (counts[key], chance * total) for key, chance in chances.items()}
    rare = [key for key, (_, mean) in cells.items() if mean < 10]
    if rare:
        pooled = [cells.pop(key) for key in rare]
        cells[()] = (sum(n for n, _ in pooled), sum(mean for _, mean in pooled))
    statistic = sum((n - mean) ** 2 / mean for n, mean in cells.values())
    degrees = len(cells) - 1
    return (statistic - degrees) / math.sqrt(2 * degrees)


@pytest.mark.parametrize("stops", [{1}, {1, 4}], ids=["one stop token", "two stop tokens"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.6},
        {"temperature": 1.7},
        {"top_k": 3},
        {"top_p": 0.85},
        {"min_p": 0.3},
        {"temperature": 1.4, "top_k": 5, "top_p": 0.9, "min_p": 0.15},
    ],
    ids=lambda options: ", ".join(f"{name} {value}" for name, value in options.items()) or "plain",
)
def test_completions_have_the_frequencies_of_the_model(
    model: LlamaForCausalLM, options: dict[str, float], stops: set[int]
) -> None:
    drawn = sample(
        Network(model, autocast=False),
        PROMPTS,
        Sampling(LONGEST, **options),  # type: ignore[arg-type]
        num_generations=DRAWS,
        stop_token_ids=sorted(stops),
        pad_token_id=0,
        generator=torch.Generator().manual_seed(0),
    )
    lists = drawn.token_lists()
    for number, prompt in enumerate(PROMPTS):
        counts = Counter(map(tuple, lists[number * DRAWS : (number + 1) * DRAWS]))
        chances = expected(model, prompt, stops, options)
        assert sum(chances.values()) == pytest.approx(1.0)
        assert set(counts) <= set(chances)  # what the filters remove is never drawn
        assert len(chances) > 4  # there is something to tell apart
        assert deviation(counts, chances) < 4
        # the same at each place alone, where a small bias would show more
        for place in range(LONGEST):
            at = Counter({(token,): 0 for token in range(V)})
            shares = dict.fromkeys(at, 0.0)
            for key, chance in chances.items():
                if len(key) > place:
                    at[(key[place],)] += counts[key]
                    shares[(key[place],)] += chance
            reached = sum(shares.values())
            shares = {key: share / reached for key, share in shares.items() if share > 0}
            assert deviation(at, shares) < 4


def test_the_statistic_tells_another_distribution_apart(model: LlamaForCausalLM) -> None:
    chances = expected(model, PROMPTS[0], {1}, {})
    other = expected(model, PROMPTS[0], {1}, {"temperature": 1.1})
    counts = Counter({key: round(chance * DRAWS) for key, chance in other.items()})
    assert deviation(counts, chances) > 4
