"""Our side: the batch both sides train on, and the gradients the trainer's Updater gives for it."""

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from ahora.config import ModelConfig, RunConfig
from benchmarks.parity.cases import GENERATIONS, LONGEST, PROMPTS, REWARDS, Case
from benchmarks.parity.recorder import Recorder
from worker.trainer.batch import completions, make_batch
from worker.trainer.clock import Clock
from worker.trainer.data import Problem
from worker.trainer.environment import Environment
from worker.trainer.gradient import Update
from worker.trainer.memory import Lots
from worker.trainer.models import Policy, load_policy
from worker.trainer.models.tiny import tiny_tokenizer
from worker.trainer.network import Network
from worker.trainer.order import derived_seed
from worker.trainer.rewards import Scored
from worker.trainer.rollout import Samples
from worker.trainer.update import Updater, split_rows

CPU = torch.device("cpu")
STEP, SEED = 1, 0


def _order(case: Case) -> list[int]:
    """The rollouts of the first update, then those of the second, and so on."""
    seed = derived_seed(SEED, "parts", STEP)
    parts = split_rows(PROMPTS * GENERATIONS, case.steps_per_generation, seed)
    return [int(row) for part in parts for row in part.nonzero()[:, 0]]


def _samples(completions: list[list[int]]) -> Samples:
    """Given completions as the sampler would hand them over; those of `LONGEST` tokens are truncated."""
    width = max(map(len, completions))
    tokens = torch.tensor([each + [0] * (width - len(each)) for each in completions])
    mask = torch.tensor([[1] * len(each) + [0] * (width - len(each)) for each in completions])
    blank = torch.zeros(tokens.shape)
    return Samples(
        tokens=tokens,
        mask=mask.bool(),
        logprob=blank,
        entropy=blank,
        truncated=torch.tensor([len(each) == LONGEST for each in completions]),
    )


class Ours:
    """A small model in `folder`, prompts and completions of different lengths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tokenizer = tiny_tokenizer()
        torch.manual_seed(0)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=64,
                intermediate_size=128,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=64,
                initializer_range=0.15,
                bos_token_id=None,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
        model.save_pretrained(folder / "model")
        tokenizer.save_pretrained(folder / "model")
        self._load(use_peft=True).model.save_pretrained(folder / "adapter")

        draw = random.Random(0)
        self.problems = [
            Problem(
                id=str(number),
                question="",
                answer="",
                prompt="",
                prompt_ids=tuple(draw.randrange(2, len(tokenizer)) for _ in range(3 + 2 * number)),
            )
            for number in range(PROMPTS)
        ]
        # drawn at random, not from the model: neither side's sampler shall decide what is compared
        lengths = [1, LONGEST, LONGEST, 2, *(draw.randrange(2, LONGEST) for _ in REWARDS[4:])]
        self.samples = _samples(
            [
                [draw.randrange(2, len(tokenizer)) for _ in range(length - 1)]
                + [
                    draw.randrange(2, len(tokenizer))
                    if length == LONGEST
                    else tokenizer.eos_token_id
                ]
                for length in lengths
            ]
        )

    def hand_over(self, cases: list[Case]) -> None:
        """Write down for the peer what is compared on what."""
        listed = [
            asdict(case) | {"order": _order(case), "learning_rate": case.learning_rate}
            for case in cases
        ]
        (self._folder / "cases.json").write_text(json.dumps(listed))
        batch: dict[str, Any] = {
            "prompt_ids": [list(p.prompt_ids) for p in self.problems for _ in range(GENERATIONS)],
            "completion_ids": self.samples.token_lists(),
            "num_generations": GENERATIONS,
            "max_completion_length": LONGEST,
        }
        (self._folder / "batch.json").write_text(json.dumps(batch))

    def train(self, case: Case) -> tuple[list[Update], Recorder]:
        """One step on the batch: what each update found, and its gradient."""
        config = RunConfig.model_validate(
            {
                "seed": SEED,
                "algorithm": {
                    "name": "grpo",
                    "loss_type": case.loss_type,
                    "scale_rewards": case.scale_rewards,
                    "epsilon": case.epsilon,
                    "epsilon_high": case.epsilon_high,
                    "beta": case.beta,
                    "entropy_coef": case.entropy_coef,
                    "num_iterations": case.num_iterations,
                    "mask_truncated_completions": case.mask_truncated_completions,
                },
                "rollout": {
                    "num_generations": GENERATIONS,
                    "generation_batch_size": PROMPTS * GENERATIONS,
                    "steps_per_generation": case.steps_per_generation,
                    "max_completion_length": LONGEST,
                    "temperature": case.temperature,
                },
                "optimizer": {
                    "per_device_train_batch_size": 3 if case.accumulation > 1 else len(REWARDS),
                    "max_grad_norm": 1e9,
                },
            }
        )
        policy = self._load(case.use_peft)
        if case.beta > 0:
            policy.load_reference()
        recorder = Recorder(policy.model, case.learning_rate)
        network = Network(policy.model, autocast=False)
        batch = make_batch(
            config,
            self.problems,
            self.samples,
            completions(self.problems, self.samples, policy.tokenizer),
            [Scored(total=reward, scores={"given": reward}) for reward in case.rewards],
        )
        updater = Updater(config, policy, network, recorder, Clock(CPU), Lots({}, print))
        return updater.update(batch, STEP, case.learning_rate, lambda: None).updates, recorder

    def _load(self, use_peft: bool = False) -> Policy:
        torch.manual_seed(0)  # the adapter's matrices are drawn
        return load_policy(
            ModelConfig(model_name_or_path="local:model", use_peft=use_peft),
            CPU,
            Environment(cache=self._folder, model_root=self._folder.resolve()),
            lambda *_: None,
        )
