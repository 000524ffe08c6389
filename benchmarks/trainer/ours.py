"""This product's trainer on one workload of `workload.py`; prints one JSON line.

    python -m benchmarks.trainer.ours workload.json {float32|bfloat16}

It is the real training loop with all it does in a run: rewards in their own process, metrics, rollouts
and events written to disk. Only the lengths of completions are forced, as they are on TRL's side. A step
is what lies between the metrics of one step and those of the next.
"""

import dataclasses
import itertools
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import torch

from ahora.config import RunConfig
from ahora.events import Event, MetricsEvent
from benchmarks.trainer.workload import Workload
from worker.trainer.checkpoints.start import Start
from worker.trainer.journal import Journal
from worker.trainer.loop import train
from worker.trainer.order import Order
from worker.trainer.rollout import Sampling
from worker.trainer.rollout.sampler import kept_rows
from worker.trainer.step_metrics import PARTS
from worker.trainer.stop import Stop

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Forced(Sampling):
    """Ends row b after exactly `lengths[b]` tokens."""

    lengths: tuple[int, ...] = ()
    end: int = 0
    _rows: list[torch.Tensor] = dataclasses.field(default_factory=list)
    """The rows still in the batch, after each token."""

    def choose(
        self,
        logprobs: torch.Tensor,
        generator: torch.Generator | None,
        weights: torch.Tensor | None = None,
    ) -> torch.Tensor:
        lengths = torch.tensor(self.lengths, device=logprobs.device)
        if not self._rows:
            self._rows.append(torch.arange(len(lengths), device=logprobs.device))
        rows, made = self._rows[-1], len(self._rows)
        if weights is not None:
            weights[:, self.end] = 0.0
        chosen = super().choose(logprobs, generator, weights)
        last = lengths[rows] == made
        self._rows.append(rows[kept_rows(~last, int((~last).sum()))])
        return torch.where(last, self.end, chosen)


def configuration(work: Workload, mode: str) -> RunConfig:
    rows = len(work.signal) * work.num_generations
    return RunConfig.model_validate(
        {
            "model": {
                "model_name_or_path": f"local:{Path(work.model).name}",
                "dtype": mode,
                "use_peft": work.lora,
                "lora_r": 16,
                "lora_alpha": 32,
            },
            "data": {
                "kind": "jsonl",
                "path": "train.jsonl",
                "eval_path": "eval.jsonl",
                "prompt": {
                    "prompt_template": "{question}",
                    "chat_template": "never",
                    "max_prompt_length": 4096,
                },
            },
            "rewards": {"functions": [{"kind": "python", "function": "reward"}]},
            "algorithm": {"name": "sa_ah_grpo", "alpha": 0.5},
            "rollout": {
                "num_generations": work.num_generations,
                "generation_batch_size": rows,
                "max_completion_length": work.max_completion_length,
            },
            "optimizer": {
                "learning_rate": 1e-5,
                "per_device_train_batch_size": work.limit or rows,
            },
            "evaluation": {"eval_on_start": False, "eval_steps": 0, "num_examples": 1},
            "checkpoints": {"save_steps": 0},
            "resources": {"num_threads": work.threads, "device": work.device},
            "max_steps": work.steps,
        }
    )


def write_data(work: Workload, folder: Path) -> None:
    """Write the prompts in such an order that the trainer's own order gives each step its own."""
    wanted = [
        {"prompt": text, "answer": "signal" if signal else "none"}
        for step in work.prompts
        for text, signal in zip(step, work.signal, strict=True)
    ]
    lines: list[Any] = [None] * len(wanted)
    for place, line in zip(Order(range(len(wanted)), 0).take(0, len(wanted)), wanted, strict=True):
        lines[place] = line  # type: ignore[call-overload]
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, lines)))
    held_out = {"prompt": "What is 1 + 1?", "answer": "none"}
    (folder / "eval.jsonl").write_text(json.dumps(held_out))


def force_lengths(work: Workload, end: int) -> None:
    steps = iter(work.lengths)
    free = Sampling.of

    def forced(config: Any, *, greedy: bool = False) -> Sampling:
        if greedy:  # the evaluation after the last step
            return dataclasses.replace(free(config, greedy=True), max_length=1)
        return Forced(**dataclasses.asdict(free(config)), lengths=tuple(next(steps)), end=end)

    Sampling.of = staticmethod(forced)  # type: ignore[method-assign]


class TimedJournal(Journal):
    """Also notes when the metrics of each step were written."""

    def __init__(self, path: Path, stop: Stop) -> None:
        super().__init__(path, stop)
        self.steps: list[tuple[float, float, dict[str, float]]] = []
        """Seconds, CPU seconds of all threads, values."""

    children_mb = 0.0
    """Memory of the process that scores, at the last step."""

    def write(self, event: Event) -> None:
        super().write(event)
        if isinstance(event, MetricsEvent) and "step_time" in event.values:
            children = psutil.Process().children(recursive=True)
            self.children_mb = sum(each.memory_info().rss for each in children) / 2**20
            self.steps.append((time.perf_counter(), time.process_time(), event.values))


def peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median_of(values: list[float]) -> float:
    return statistics.median(values)


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    steps = given.pop("steps")
    work, mode = Workload(**given), sys.argv[2]
    from transformers import AutoTokenizer

    force_lengths(work, int(AutoTokenizer.from_pretrained(work.model).eos_token_id))
    with tempfile.TemporaryDirectory(prefix="ahora-bench-") as name:
        folder = Path(name)
        write_data(work, folder)
        os.environ |= {
            "AHORA_DATA_ROOT": name,
            "AHORA_MODEL_ROOT": str(Path(work.model).parent),
            "AHORA_REWARD_FUNCTIONS": "reward=benchmarks.trainer.reward:reward",
            "PYTHONPATH": str(ROOT),
        }
        stop = Stop()
        with TimedJournal(folder / "events.jsonl", stop) as journal:
            train(configuration(work, mode), "benchmark", folder, journal, stop, Start([]))
    metrics = [values for *_, values in journal.steps]
    pairs = list(itertools.pairwise(journal.steps))
    whole = [later[0] - earlier[0] for earlier, later in pairs]
    tokens = [sum(lengths) for lengths in work.lengths]
    parts = {part: median_of([each[f"timing/{part}"] for each in metrics[1:]]) for part in PARTS}
    others = [
        seconds - sum(each[f"timing/{part}"] for part in PARTS)
        for seconds, each in zip(whole, metrics[1:], strict=True)
    ]
    assert len(metrics) == steps
    assert [each["completions/max_length"] for each in metrics] == [
        max(lengths) for lengths in work.lengths
    ]
    print(
        json.dumps(
            {
                "seconds": median_of(whole),
                "cpu_seconds": median_of([later[1] - earlier[1] for earlier, later in pairs]),
                "all_seconds": [round(each, 3) for each in whole],
                "tokens_per_second": median_of(
                    [count / each for count, each in zip(tokens[1:], whole, strict=True)]
                ),
                "parts": {**parts, "everything else": median_of(others)},
                "frac_reward_zero_std": metrics[-1]["frac_reward_zero_std"],
                "peak_rss_mb": peak_rss_mb() + journal.children_mb,
                "peak_device_mb": torch.cuda.max_memory_allocated() / 2**20
                if work.device == "cuda"
                else None,
            }
        )
    )


if __name__ == "__main__":
    main()
