"""RunConfig: the one description of a run, shared by the form, REST, the command line and the worker."""

from ahora.config.algorithm import AHGRPO, GRPO, SAAHGRPO, AlgorithmConfig, AnalysisConfig
from ahora.config.data import (
    ArithmeticData,
    DataConfig,
    Gsm8kData,
    JsonlData,
    MultiplicationData,
    PromptConfig,
    ReasoningGymData,
)
from ahora.config.jobs import (
    EvaluateSpec,
    ExportSpec,
    JobKind,
    JobSpec,
    SampleSpec,
    job_config,
)
from ahora.config.model import BUILT_IN_MODELS, ModelConfig
from ahora.config.rewards import (
    ExactNumberReward,
    ExactTextReward,
    LengthPenaltyReward,
    MathVerifyReward,
    PythonReward,
    RegexReward,
    RewardConfig,
    RewardsConfig,
    TaskReward,
)
from ahora.config.run import SCHEMA_VERSION, RunConfig
from ahora.config.training import (
    CheckpointConfig,
    EvaluationConfig,
    LoggingConfig,
    OptimizerConfig,
    ResourcesConfig,
    RolloutConfig,
)

__all__ = [
    "AHGRPO",
    "BUILT_IN_MODELS",
    "GRPO",
    "SAAHGRPO",
    "SCHEMA_VERSION",
    "AlgorithmConfig",
    "AnalysisConfig",
    "ArithmeticData",
    "CheckpointConfig",
    "DataConfig",
    "EvaluateSpec",
    "EvaluationConfig",
    "ExactNumberReward",
    "ExactTextReward",
    "ExportSpec",
    "Gsm8kData",
    "JobKind",
    "JobSpec",
    "JsonlData",
    "LengthPenaltyReward",
    "LoggingConfig",
    "MathVerifyReward",
    "ModelConfig",
    "MultiplicationData",
    "OptimizerConfig",
    "PromptConfig",
    "PythonReward",
    "ReasoningGymData",
    "RegexReward",
    "ResourcesConfig",
    "RewardConfig",
    "RewardsConfig",
    "RolloutConfig",
    "RunConfig",
    "SampleSpec",
    "TaskReward",
    "job_config",
]
