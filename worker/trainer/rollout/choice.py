"""The engine that a configuration asks for."""

from ahora.config import RunConfig
from worker.trainer.models import Policy
from worker.trainer.network import Network
from worker.trainer.rollout.engine import RolloutEngine
from worker.trainer.rollout.hf import HfEngine


def make_engine(
    config: RunConfig, policy: Policy, network: Network, longest_prompt: int
) -> RolloutEngine:
    """`rollout.engine` for `policy`, with room for prompts of `longest_prompt` tokens. Raises RunError."""
    if config.rollout.engine == "hf":
        return HfEngine(policy, network)
    from worker.trainer.rollout.vllm import VllmEngine

    length = longest_prompt + config.rollout.max_completion_length
    return VllmEngine(config, policy, network, config.rollout.vllm_max_model_length or length)
