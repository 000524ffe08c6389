"""How much arithmetic a step needs, against what the machine can do.

Counted are the products with weights that the method cannot do without: each prompt once, each completion
token once in the rollout and once in scoring, and in the backward pass the gradient by the inputs (the
frozen weights of LoRA have none). Attention, adapters and all else come on top and count for nothing.
"""

from transformers import AutoConfig, AutoTokenizer

from benchmarks.trainer.machine import Machine
from benchmarks.trainer.workload import Workload


def fractions(
    work: Workload, parts: dict[str, float], machine: Machine
) -> dict[str, tuple[str, str]]:
    """Tokens a second and the share of the machine's rate, as text, of the parts that compute."""
    config = AutoConfig.from_pretrained(work.model)
    d = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    attention = config.hidden_size * d
    attention *= 2 * config.num_attention_heads + 2 * config.num_key_value_heads
    mlp = 3 * config.hidden_size * config.intermediate_size
    body = 2 * config.num_hidden_layers * (attention + mlp)
    head = 2 * config.vocab_size * config.hidden_size
    tokenizer = AutoTokenizer.from_pretrained(work.model)
    step = work.steps - 1
    prompts = [len(tokenizer(text)["input_ids"]) for text in work.prompts[step]]
    G = work.num_generations
    completions = [
        sum(work.lengths[step][group * G : (group + 1) * G]) for group in range(len(prompts))
    ]
    trained = [group for group, signal in enumerate(work.signal) if signal]
    sampled = sum(completions)
    scored = sum(completions[group] for group in trained)
    read = scored + sum(prompts[group] for group in trained)
    done = {
        "rollout": (sampled, body * (sampled + sum(prompts)) + head * sampled),
        "score": (scored, body * read + 2 * head * scored),  # the head's gradient is made here too
        "backward": (scored, body * read),
    }
    return {
        part: (f"{tokens / parts[part]:.0f}", f"{work_ / parts[part] / machine.bfloat16:.1%}")
        for part, (tokens, work_) in done.items()
    }
