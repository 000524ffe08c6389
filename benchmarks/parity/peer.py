"""TRL's side, run in TRL's own environment: `python -m benchmarks.parity.peer FOLDER`.

Its GRPOTrainer trains for real (`train()`): only the completions are given to it, through its own
`rollout_func`, and the optimiser only records. Reads FOLDER/cases.json, batch.json and model/, writes
peer.json (losses and clipped shares) and peer.safetensors (gradients).
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
from trl.trainer import grpo_trainer

from benchmarks.parity.recorder import Recorder


class Peer(GRPOTrainer):
    """GRPOTrainer that also keeps the loss and the clipped share of each micro-batch."""

    losses: list[float]
    clipped: list[float]

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        loss = super()._compute_loss(model, inputs)
        self.losses.append(loss.item())
        self.clipped.append(self._metrics["train"]["clip_ratio/region_mean"][-1])
        return loss


def given_rewards(
    completions: list[str], given: list[float | None], **_: Any
) -> list[float | None]:
    return given


def in_order(batch: dict[str, Any], order: Tensor) -> dict[str, Any]:
    """The rows of every (B, ...) tensor of `batch` as `order` (B,) says."""
    return {name: value[order] if value.ndim else value for name, value in batch.items()}


def train(folder: Path, case: dict[str, Any], batch: dict[str, Any]) -> tuple[Peer, Recorder]:
    rows, updates = len(batch["completion_ids"]), case["steps_per_generation"]
    # TRL draws which rollouts an update gets; here both sides take the same
    grpo_trainer.shuffle_sequence_dict = partial(in_order, order=torch.tensor(case["order"]))
    arguments = GRPOConfig(
        output_dir=str(folder / "trl"),
        loss_type=case["loss_type"],
        scale_rewards=case["scale_rewards"],
        epsilon=case["epsilon"],
        epsilon_high=case["epsilon_high"],
        beta=case["beta"],
        temperature=case["temperature"],
        mask_truncated_completions=case["mask_truncated_completions"],
        num_iterations=case["num_iterations"],
        use_bias_correction_kl=False,  # TRL's KL term is weighted by the ratio unless told otherwise
        entropy_coef=case["entropy_coef"],
        num_generations=batch["num_generations"],
        max_completion_length=batch["max_completion_length"],
        per_device_train_batch_size=rows // (updates * case["accumulation"]),
        steps_per_generation=updates * case["accumulation"],
        gradient_accumulation_steps=case["accumulation"],
        max_steps=updates * case["num_iterations"],
        max_grad_norm=0.0,
        learning_rate=case["learning_rate"],
        lr_scheduler_type="constant",
        shuffle_dataset=False,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    if case["use_peft"]:
        model = PeftModel.from_pretrained(model, folder / "adapter", is_trainable=True)
    recorder = Recorder(model, case["learning_rate"])
    prompts = len(batch["prompt_ids"]) // batch["num_generations"]
    trainer = Peer(
        model=model,
        reward_funcs=given_rewards,
        args=arguments,
        train_dataset=Dataset.from_dict({"prompt": [str(n) for n in range(prompts)]}),
        processing_class=AutoTokenizer.from_pretrained(folder / "model"),
        optimizers=(recorder, None),
        rollout_func=lambda *_: {
            "prompt_ids": batch["prompt_ids"],
            "completion_ids": batch["completion_ids"],
            "logprobs": None,
            "given": case["rewards"],
        },
    )
    trainer.losses, trainer.clipped = [], []
    trainer.train()
    return trainer, recorder


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    batch = json.loads((folder / "batch.json").read_text())
    answers, gradients = [], {}
    for number, case in enumerate(json.loads((folder / "cases.json").read_text())):
        trainer, recorder = train(folder, case, batch)
        parts, size = trainer.losses, case["accumulation"]
        answers.append(
            {
                "losses": [sum(parts[at : at + size]) for at in range(0, len(parts), size)],
                "clipped": [
                    sum(trainer.clipped[at : at + size]) / size for at in range(0, len(parts), size)
                ],
            }
        )
        for update, gradient in enumerate(recorder.gradients):
            gradients |= {f"{number}/{update}/{name}": each for name, each in gradient.items()}
    (folder / "peer.json").write_text(json.dumps(answers))
    save_file(gradients, folder / "peer.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
