"""The same work for both sides: prompts, lengths of completions, and which groups have signal.

Prompts are GSM8K's, from AHORA_DATA_ROOT/gsm8k/train.jsonl where there is one, else those of
reasoning-gym's `gsm_symbolic` (GSM8K's problems with other names and numbers).
"""

import json
import os
import random
from dataclasses import asdict, dataclass
from pathlib import Path

from transformers import AutoTokenizer, LlamaConfig, PreTrainedConfig, Qwen2Config

from worker.trainer.data.gym import gym_dataset
from worker.trainer.environment import Environment
from worker.trainer.models.smollm2 import smollm2_folder

SHAPES: dict[str, PreTrainedConfig | None] = {
    "smollm2-135m": None,  # the real model
    "qwen2.5-1.5b": Qwen2Config(
        vocab_size=151936,
        hidden_size=1536,
        intermediate_size=8960,
        num_hidden_layers=28,
        num_attention_heads=12,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        tie_word_embeddings=True,
    ),
    "tiny": LlamaConfig(
        vocab_size=49152,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
    ),
}
"""Models by name: all but the first get random weights, and SmolLM2's tokenizer."""


@dataclass(frozen=True)
class Workload:
    """What one process is asked to do."""

    name: str
    model: str
    """Folder."""
    device: str
    threads: int
    num_generations: int
    max_completion_length: int
    prompts: list[list[str]]
    """By step."""
    signal: list[bool]
    """Of each group of a step: whether its rewards differ."""
    lengths: list[list[int]]
    """Tokens of each completion, by step."""
    lora: bool = True
    limit: int | None = None
    """Most completions in a micro-batch; None for all at once."""

    @property
    def steps(self) -> int:
        """Steps, of which the first warms up."""
        return len(self.lengths)

    def with_steps(self, steps: int) -> "Workload":
        """The first `steps` of this work."""
        return Workload(
            **{**asdict(self), "prompts": self.prompts[:steps], "lengths": self.lengths[:steps]}
        )

    def write(self, file: Path) -> Path:
        """As JSON in `file`."""
        file.write_text(json.dumps({**asdict(self), "steps": self.steps}))
        return file


def model_folder(shape: str) -> Path:
    """A folder with the model of this shape, made when it is not there."""
    cache = Environment.from_environ().cache
    real = smollm2_folder(cache, lambda *_: None)
    config = SHAPES[shape]
    if config is None:
        return real
    folder = cache / "models" / f"benchmark-{shape}"
    if not (folder / "config.json").exists():
        import torch
        from transformers import AutoModelForCausalLM

        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        AutoTokenizer.from_pretrained(real).save_pretrained(folder)
        model.save_pretrained(folder)
    return folder


def questions(count: int) -> list[str]:
    """`count` different problems of grade-school mathematics."""
    file = Path(os.environ.get("AHORA_DATA_ROOT", "/nonexistent")) / "gsm8k" / "train.jsonl"
    if file.exists():
        with file.open() as lines:
            return [json.loads(next(lines))["question"] for _ in range(count)]
    dataset = gym_dataset("gsm_symbolic", {}, 0, 4 * count)
    return list(dict.fromkeys(dataset[index]["question"] for index in range(4 * count)))[:count]


def rendered(folder: Path, count: int) -> list[str]:
    """That many prompts as the model reads them."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return [
        tokenizer.apply_chat_template(
            [
                {"role": "system", "content": "You solve word problems."},
                {"role": "user", "content": question},
            ],
            tokenize=False,
            add_generation_prompt=True,
        )
        for question in questions(count)
    ]


def ragged(rows: int, longest: int, rng: random.Random) -> list[int]:
    """Lengths as of a model that answers: most short, some long, one as long as may be."""
    lengths = [max(8, min(longest, int(rng.lognormvariate(4.1, 0.7)))) for _ in range(rows)]
    lengths[rng.randrange(rows)] = longest
    return lengths


def workload(
    name: str,
    shape: str,
    *,
    device: str,
    threads: int,
    steps: int,
    groups: int = 2,
    num_generations: int = 8,
    longest: int = 64,
    differ: bool = False,
    without_signal: int = 0,
    limit: int | None = None,
) -> Workload:
    """`groups` prompts a step with `num_generations` completions of `longest` tokens each, or of
    lengths that differ up to it; the last `without_signal` groups have equal rewards."""
    folder = model_folder(shape)
    texts = rendered(folder, steps * groups)
    rows, rng = groups * num_generations, random.Random(0)
    return Workload(
        name=name,
        model=str(folder),
        device=device,
        threads=threads,
        num_generations=num_generations,
        max_completion_length=longest,
        prompts=[texts[step * groups : (step + 1) * groups] for step in range(steps)],
        signal=[group < groups - without_signal for group in range(groups)],
        lengths=[ragged(rows, longest, rng) if differ else [longest] * rows for _ in range(steps)],
        limit=limit,
    )
