"""The whole configuration of a run."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ahora.config.algorithm import SAAHGRPO, AlgorithmConfig, AnalysisConfig
from ahora.config.base import PositiveInt, Section, hint, misfit
from ahora.config.data import DataConfig, MultiplicationData, ReasoningGymData
from ahora.config.model import ModelConfig
from ahora.config.rewards import LengthPenaltyReward, RewardsConfig, TaskReward
from ahora.config.training import (
    CheckpointConfig,
    EvaluationConfig,
    LoggingConfig,
    OptimizerConfig,
    ResourcesConfig,
    RolloutConfig,
)

SCHEMA_VERSION: Literal[1] = 1
"""Version of `RunConfig`, stored with every run and raised when a field changes its meaning."""


class RunConfig(Section):
    """What is trained, on what, and how. The same class validates the form, REST, the command line
    and the worker."""

    schema_version: Annotated[Literal[1], hint(advanced=True)] = SCHEMA_VERSION
    """Version of this schema."""
    model: ModelConfig = Field(default_factory=ModelConfig, title="Model")
    """The policy that is trained."""
    data: DataConfig = Field(default_factory=MultiplicationData, title="Data")
    """Problems and their reference answers."""
    rewards: RewardsConfig = Field(default_factory=RewardsConfig, title="Rewards")
    """How completions are scored."""
    algorithm: AlgorithmConfig = Field(default_factory=SAAHGRPO, title="Algorithm")
    """The policy-gradient method."""
    rollout: RolloutConfig = Field(default_factory=RolloutConfig, title="Rollout")
    """How completions are sampled."""
    optimizer: OptimizerConfig = Field(default_factory=OptimizerConfig, title="Optimizer")
    """AdamW and its schedule."""
    evaluation: EvaluationConfig = Field(default_factory=EvaluationConfig, title="Evaluation")
    """Pass@1 and pass@k on held-out problems."""
    checkpoints: CheckpointConfig = Field(default_factory=CheckpointConfig, title="Checkpoints")
    """When weights are saved."""
    logging: LoggingConfig = Field(default_factory=LoggingConfig, title="Logging")
    """Rollout samples."""
    analysis: AnalysisConfig = Field(default_factory=AnalysisConfig, title="Analysis")
    """Definitions of collapse and of training variance."""
    resources: ResourcesConfig = Field(default_factory=ResourcesConfig, title="Resources")
    """What a worker must have."""
    max_steps: Annotated[PositiveInt, Field(le=10_000_000), hint(unit="steps")] = 100
    """Generation batches to train on. One step is one batch of rollouts and its updates."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    """Seed of sampling, data order and adapter initialisation. Comparisons pair runs by it."""

    @model_validator(mode="after")
    def _fits_together(self) -> "RunConfig":
        tiny = self.model.model_name_or_path == "tiny"
        if (
            isinstance(self.data, MultiplicationData)
            and self.data.prompt != type(self.data.prompt)()
        ):
            raise misfit(
                "data.prompt",
                "data.prompt cannot be changed for kind 'multiplication': its prompts are fixed; "
                "remove data.prompt or choose kind 'arithmetic'",
            )
        if tiny and not isinstance(self.data, MultiplicationData):
            raise misfit(
                "data.kind",
                f"model 'tiny' knows only digits and the signs of multiplication and cannot read "
                f"data.kind {self.data.kind!r}: use data.kind 'multiplication', or another model "
                "such as 'smollm2-135m'",
            )
        if tiny and self.model.dtype != "float32":
            raise misfit("model.dtype", "model.dtype must be 'float32' for model 'tiny'")
        functions = self.rewards.functions
        tasks = [at for at, function in enumerate(functions) if isinstance(function, TaskReward)]
        if tasks and not isinstance(self.data, ReasoningGymData):
            raise misfit(
                f"rewards.functions.{tasks[0]}.kind",
                "rewards.functions has kind 'task', which needs data.kind 'reasoning_gym'; for "
                f"data.kind {self.data.kind!r} use 'exact_number' or 'exact_text'",
            )
        if isinstance(functions[0], LengthPenaltyReward):
            raise misfit(
                "rewards.functions.0.kind",
                "rewards.functions must not start with 'length_penalty': the first function decides "
                "what passes in the evaluation, so put the correctness score first",
            )
        return self

    def resolved(self) -> dict[str, Any]:
        """Every field with its value, as stored with the run (JSON types only)."""
        return self.model_dump(mode="json")
