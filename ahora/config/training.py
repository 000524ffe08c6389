"""Rollout, optimiser, evaluation, checkpoints, logging and resources."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ahora.config.base import PositiveInt, Section, hint, misfit


class RolloutConfig(Section):
    """How completions are sampled."""

    engine: Literal["hf", "vllm"] = "hf"
    """What samples completions. `hf` runs the policy itself with transformers, on any worker; `vllm`
    samples from a copy of it in vLLM, which is made for GPUs: on a CPU it was no faster (docs/log.md).
    The worker must have vLLM (`make setup-vllm`), or the run fails: where only some workers do, name
    their label in `resources.labels`."""
    num_generations: Annotated[int, Field(ge=2, le=1024)] = 8
    """Completions per prompt: the size G of a group."""
    generation_batch_size: Annotated[int, Field(ge=2, le=65_536), hint(unit="completions")] = 64
    """Completions sampled per batch, over all groups: a multiple of `num_generations`."""
    steps_per_generation: Annotated[PositiveInt, Field(le=65_536), hint(advanced=True)] = 1
    """Optimiser updates made of each generation batch in one pass: its completions are shuffled and
    split into so many equal parts, as TRL does with gradient_accumulation_steps 1. All but the first are
    off-policy."""
    max_completion_length: Annotated[PositiveInt, Field(le=131_072), hint(unit="tokens")] = 64
    """Longest completion; one that reaches it without an end token counts as truncated."""
    dynamic_sampling: bool = False
    """Replace groups whose rewards are all equal, which teach nothing, by groups of new problems (DAPO,
    arXiv 2503.14476)."""
    max_resample_times: Annotated[PositiveInt, Field(le=100), hint(advanced=True)] = 3
    """Further rounds of sampling in a step, each for the groups still without signal; then the batch is
    trained on as it is (ms-swift's name and default). Only used with `dynamic_sampling`."""
    temperature: Annotated[float, Field(gt=0.0, le=10.0)] = 1.0
    """Sampling temperature. Log-probabilities and entropies of the policy are taken at the same
    temperature."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0), hint(advanced=True)] = 1.0
    """Nucleus sampling: keep the smallest set of tokens whose probability reaches this. Below 1 the
    sampler is no longer the policy that the ratio is computed for."""
    top_k: Annotated[int, Field(ge=0, le=1_000_000), hint(advanced=True)] = 0
    """Keep only the k most likely tokens; 0 keeps all."""
    min_p: Annotated[float, Field(ge=0.0, le=1.0), hint(advanced=True)] = 0.0
    """Keep only tokens at least this likely relative to the most likely one; 0 keeps all."""
    vllm_importance_sampling_correction: Annotated[bool, hint(advanced=True)] = True
    """With `vllm`: multiply each token's policy gradient by the ratio of its probability under the policy
    to that under vLLM, which rounds differently, and filters with top_p, top_k or min_p."""
    vllm_importance_sampling_clip_max: Annotated[
        float, Field(ge=1.0, le=1000.0), hint(advanced=True)
    ] = 3.0
    """Largest such ratio: above it is cut off (TRL's mode `token_truncate`; TRL's default mode
    `sequence_mask` drops whole completions instead)."""
    vllm_gpu_memory_utilization: Annotated[float, Field(gt=0.0, lt=1.0), hint(advanced=True)] = 0.3
    """With `vllm`: share of the device's memory for its weights and cache. On a CPU the most that its
    cache may take; it takes no more than a batch needs."""
    vllm_max_model_length: Annotated[
        int | None, Field(ge=2, le=1_000_000), hint(unit="tokens", advanced=True)
    ] = None
    """With `vllm`: longest prompt and completion together; empty takes the longest prompt of the data
    and `max_completion_length`."""
    vllm_enable_sleep_mode: Annotated[bool, hint(advanced=True)] = False
    """With `vllm` on a GPU: give its memory up while the policy is trained, for a little time at each
    step. Without effect on a CPU."""

    @model_validator(mode="after")
    def _whole_groups(self) -> "RolloutConfig":
        if self.generation_batch_size % self.num_generations:
            multiple = -(-self.generation_batch_size // self.num_generations) * self.num_generations
            raise misfit(
                "generation_batch_size",
                f"generation_batch_size ({self.generation_batch_size}) must be a multiple of "
                f"num_generations ({self.num_generations}): try {multiple}",
            )
        if self.generation_batch_size % self.steps_per_generation:
            divisor = next(
                parts
                for parts in range(self.steps_per_generation, 0, -1)
                if self.generation_batch_size % parts == 0
            )
            raise misfit(
                "steps_per_generation",
                f"steps_per_generation ({self.steps_per_generation}) must divide "
                f"generation_batch_size ({self.generation_batch_size}): try {divisor}",
            )
        room = self.vllm_max_model_length
        if room is not None and room <= self.max_completion_length:
            raise misfit(
                "vllm_max_model_length",
                f"vllm_max_model_length ({room}) must hold a prompt besides max_completion_length "
                f"({self.max_completion_length}): raise it, or leave it empty",
            )
        return self

    @property
    def prompts_per_batch(self) -> int:
        """Groups in one generation batch."""
        return self.generation_batch_size // self.num_generations


class OptimizerConfig(Section):
    """AdamW and its schedule."""

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-4
    """Peak learning rate. Typical: 1e-6 for full fine-tuning of a language model, 1e-5 to 5e-4 for
    LoRA, 1e-4 to 5e-4 for `tiny`."""
    lr_scheduler_type: Literal["constant", "constant_with_warmup", "linear", "cosine"] = (
        "constant_with_warmup"
    )
    """Shape of the learning rate after the warm-up; `constant` has none."""
    warmup_steps: Annotated[int, Field(ge=0), hint(unit="steps")] = 5
    """Steps over which the learning rate rises linearly from 0 to its peak."""
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0), hint(advanced=True)] = 0.0
    """Decoupled weight decay."""
    adam_beta1: Annotated[float, Field(ge=0.0, lt=1.0), hint(advanced=True)] = 0.9
    """AdamW's first-moment decay."""
    adam_beta2: Annotated[float, Field(ge=0.0, lt=1.0), hint(advanced=True)] = 0.99
    """AdamW's second-moment decay."""
    adam_epsilon: Annotated[float, Field(gt=0.0, le=1e-2), hint(advanced=True)] = 1e-8
    """AdamW's denominator term."""
    max_grad_norm: Annotated[float, Field(gt=0.0)] = 1.0
    """Gradients are scaled down to this norm when they exceed it."""
    per_device_train_batch_size: Annotated[PositiveInt, hint(unit="completions", advanced=True)] = (
        64
    )
    """Completions in one forward and backward pass. Smaller uses less memory; the gradient is the
    same."""


class EvaluationConfig(Section):
    """Pass@1 and pass@k on a fixed held-out set."""

    eval_on_start: bool = True
    """Evaluate before the first step: the zero-shot baseline every comparison starts from."""
    eval_steps: Annotated[int, Field(ge=0), hint(unit="steps")] = 20
    """Evaluate after every so many steps, and after the last; 0 evaluates only at start and end."""
    num_examples: Annotated[PositiveInt, Field(le=100_000), hint(unit="problems")] = 128
    """Held-out problems evaluated, always the same ones, in the same order."""
    num_samples: Annotated[int, Field(ge=0, le=1024)] = 0
    """Completions sampled per problem (at the rollout temperature) for `eval/sampled_pass@1` and
    `eval/pass@k`; 0 only decodes greedily for `eval/pass@1`."""
    pass_k: Annotated[list[Annotated[int, Field(ge=2, le=1024)]], Field(max_length=10)] = Field(
        default_factory=list
    )
    """Values of k for `eval/pass@k` (unbiased estimator of arXiv 2107.03374); none above
    `num_samples`."""
    threshold: Annotated[float, Field(), hint(advanced=True)] = 1.0
    """A completion passes when the first reward function's score reaches this."""
    batch_size: Annotated[PositiveInt, hint(unit="completions", advanced=True)] = 128
    """Completions decoded at once during evaluation."""

    @model_validator(mode="after")
    def _enough_samples(self) -> "EvaluationConfig":
        if self.pass_k and max(self.pass_k) > self.num_samples:
            raise misfit(
                "pass_k",
                f"pass_k has {max(self.pass_k)} but num_samples is {self.num_samples}: raise "
                f"num_samples to at least {max(self.pass_k)}",
            )
        return self


class CheckpointConfig(Section):
    """When the run is saved, so that it can go on from there (safetensors and JSON)."""

    save_steps: Annotated[int, Field(ge=0), hint(unit="steps")] = 50
    """Save after every so many steps; 0 saves only the best, at the end and at a stop."""
    save_total_limit: Annotated[int | None, Field(ge=1)] = 3
    """Keep this many newest checkpoints, and the best one with `save_best`; empty keeps all."""
    save_best: bool = True
    """Also save after each evaluation with a higher `eval/pass@1` than any step's before, and never
    delete that checkpoint for `save_total_limit`."""


class LoggingConfig(Section):
    """What a run reports besides its metrics, which come at every step."""

    rollout_steps: Annotated[int, Field(ge=0), hint(unit="steps")] = 10
    """Report a sample of whole groups, token by token, every so many steps; 0 reports none."""
    rollout_groups: Annotated[PositiveInt, Field(le=64)] = 2
    """Groups in each such sample: the first of the batch, so that a prompt is not chosen by result."""


class ResourcesConfig(Section):
    """What a worker must have to run this."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Device class: decides the queue (`cpu` or `gpu`) the run waits in."""
    devices: Annotated[int, Field(ge=1, le=1), hint(advanced=True)] = 1
    """Devices of one run; more than one comes later."""
    num_threads: Annotated[int | None, Field(ge=1, le=1024), hint(advanced=True)] = None
    """CPU threads of the trainer; empty takes the share of the worker's slot. A CPU run repeats bit
    for bit only with the same number."""
    labels: Annotated[
        list[Annotated[str, Field(pattern=r"^[\w.=-]{1,60}$")]], Field(max_length=20)
    ] = Field(default_factory=list)
    """Labels a worker must carry, such as `a100`."""
    min_memory_gb: Annotated[float, Field(ge=0.0), hint(unit="GB", advanced=True)] = 0.0
    """Memory the device must have; 0 asks for none in particular."""
    max_attempts: Annotated[PositiveInt, Field(le=20), hint(advanced=True)] = 3
    """How often a run is tried in all when its worker is lost or its trainer is killed. A failure that the
    trainer explains is not tried again."""

    @property
    def queue(self) -> str:
        """The queue of this resource class."""
        return "gpu" if self.device == "cuda" else "cpu"
