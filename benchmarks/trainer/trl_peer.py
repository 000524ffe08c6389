"""TRL's GRPOTrainer on one workload of `workload.py`: run with TRL's own Python, prints one JSON line.

    .venv-trl/bin/python benchmarks/trainer/trl_peer.py workload.json {float32|autocast|bfloat16}

What makes it fast on the machine is on: no gradient checkpointing, its chunked output head (always on in
1.16), key-value cache, the whole batch in one pass. `autocast` is TRL's default (float32 weights under
bf16 autocast), `bfloat16` holds the frozen weights in bf16 too, `float32` uses no bf16 at all.
"""

import json
import logging
import resource
import statistics
import sys
import time
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
import transformers
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessor, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


class ForcedLengths(LogitsProcessor):
    """Ends row b after exactly `lengths[b]` tokens."""

    def __init__(self, lengths: list[int], prompt_length: int, end: int) -> None:
        self._lengths = torch.tensor(lengths)
        self._prompt_length = prompt_length
        self._end = end

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores[:, self._end] = -torch.inf
        lengths = self._lengths.to(scores.device)
        last = lengths == input_ids.shape[1] - self._prompt_length + 1
        scores[last] = -torch.inf
        scores[last, self._end] = 0.0
        return scores


class StepTimes(TrainerCallback):
    """Seconds of each step, from its prompts to its update."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []
        """Of all threads together: what other programs do hardly changes it."""

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = time.perf_counter(), time.process_time()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.seconds.append(time.perf_counter() - self._began[0])
        self.cpu_seconds.append(time.process_time() - self._began[1])


def main() -> None:
    work = json.loads(Path(sys.argv[1]).read_text())
    mode = sys.argv[2]
    torch.set_num_threads(work["threads"])
    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)
    device = work["device"]
    model = AutoModelForCausalLM.from_pretrained(
        work["model"], dtype=torch.bfloat16 if mode == "bfloat16" else torch.float32
    ).to(device)
    tokenizer = AutoTokenizer.from_pretrained(work["model"])
    tokenizer.padding_side = "left"
    G, longest = work["num_generations"], work["max_completion_length"]
    rows = len(work["prompts"][0]) * G

    def reward(completions: list[str], signal: list[bool], **_: Any) -> list[float]:
        return [
            zlib.crc32(text.encode()) % 1000 / 1000 if wanted else 0.0
            for text, wanted in zip(completions, signal, strict=True)
        ]

    examples = [
        {"prompt": text, "signal": signal}
        for step in work["prompts"]
        for text, signal in zip(step, work["signal"], strict=True)
    ]
    times = StepTimes()
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        args=GRPOConfig(
            output_dir="/tmp/ahora-trl-peer",
            use_cpu=device == "cpu",
            bf16=mode == "autocast",
            gradient_checkpointing=False,
            per_device_train_batch_size=work["limit"] or rows,
            gradient_accumulation_steps=rows // (work["limit"] or rows),
            generation_batch_size=rows,
            num_generations=G,
            max_completion_length=longest,
            temperature=1.0,
            beta=0.0,
            loss_type="dapo",
            learning_rate=1e-5,
            max_steps=work["steps"],
            shuffle_dataset=False,
            logging_steps=1,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"
        )
        if work["lora"]
        else None,
        callbacks=[times],
    )
    parts: dict[str, list[float]] = defaultdict(list)
    generate = trainer.model.generate

    def forced(*args: Any, **kwargs: Any) -> torch.Tensor:
        # TRL repeats each prompt G times: the batch's rows are in the order of `lengths`
        lengths = work["lengths"][len(parts["generate"]) % len(work["lengths"])]
        processor = ForcedLengths(lengths, kwargs["input_ids"].shape[1], tokenizer.eos_token_id)
        began = time.perf_counter()
        found = generate(*args, **kwargs, logits_processor=[processor])
        parts["generate"].append(time.perf_counter() - began)
        made = found[:, kwargs["input_ids"].shape[1] :]
        assert made.shape[1] == max(lengths), (made.shape, max(lengths))
        return found

    trainer.model.generate = forced
    trainer.train()
    tokens = [sum(lengths) for lengths in work["lengths"]][: work["steps"]]
    seconds = times.seconds[1:]  # the first step warms up
    print(
        json.dumps(
            {
                "seconds": statistics.median(seconds),
                "cpu_seconds": statistics.median(times.cpu_seconds[1:]),
                "all_seconds": [round(each, 3) for each in times.seconds],
                "tokens_per_second": statistics.median(
                    count / each for count, each in zip(tokens[1:], seconds, strict=True)
                ),
                "generate_seconds": statistics.median(parts["generate"][1:]),
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "peak_device_mb": torch.cuda.max_memory_allocated() / 2**20
                if device == "cuda"
                else None,
            }
        )
    )


if __name__ == "__main__":
    main()
