"""Checks and choices before training starts."""

import importlib.util

import torch

from ahora.config import ResourcesConfig, RolloutConfig, RunConfig
from worker.trainer.data import Problems
from worker.trainer.errors import RunError
from worker.trainer.journal import Journal
from worker.trainer.models import Report
from worker.trainer.network import Network
from worker.trainer.stop import Stop


def choose_device(resources: ResourcesConfig) -> torch.device:
    """The device of the run; sets the number of CPU threads.

    Raises RunError `device_not_found` when there is no GPU.
    """
    if resources.num_threads is not None:
        torch.set_num_threads(resources.num_threads)
    if resources.device == "cuda" and not torch.cuda.is_available():
        raise RunError(
            "device_not_found",
            "resources.device is 'cuda', but PyTorch sees no GPU on this worker: install the CUDA "
            "build (make setup TORCH=cuda), check the driver, or set resources.device to 'cpu'",
        )
    return torch.device(resources.device)


def check_engine(rollout: RolloutConfig) -> None:
    """Check, before anything is loaded, that the rollout engine is there.

    Raises RunError `engine_not_installed`.
    """
    if rollout.engine == "vllm" and importlib.util.find_spec("vllm") is None:
        raise RunError(
            "engine_not_installed",
            "rollout.engine is 'vllm', but this worker has no vLLM: run it from the environment that `make "
            "setup-vllm` makes (docs/operations.md), name in resources.labels a label that only workers "
            "with vLLM carry, or set rollout.engine to 'hf'",
        )


def reporter(journal: Journal, stop: Stop) -> Report:
    """Progress of loading: counted work is pre-training, the rest is set-up. A stop ends it."""

    def report(message: str, step: int, total: int) -> None:
        stop.check()
        journal.progress("pretraining" if total else "setup", message, step, total)

    return report


def check_fits(config: RunConfig, network: Network, problems: Problems) -> int:
    """Check that prompts and completions fit the model; the tokens of the longest prompt.

    Raises RunError `config_invalid`.
    """
    # generated training problems are not all made only to be measured: they are as long as the others
    listed = problems.train if isinstance(problems.train, list) else []
    longest = max(len(problem.prompt_ids) for problem in [*problems.held_out, *listed])
    check_length(config, network, longest)
    return longest


def check_length(config: RunConfig, network: Network, longest_prompt: int) -> None:
    """Check that a prompt of so many tokens and its completion fit the model.

    Raises RunError `config_invalid`.
    """
    positions = getattr(network.model.config, "max_position_embeddings", None)
    completion = config.rollout.max_completion_length
    if positions is not None and longest_prompt + completion > positions:
        raise RunError(
            "config_invalid",
            f"rollout.max_completion_length ({completion}) and the longest prompt ({longest_prompt} "
            f"tokens) exceed the {positions} positions of {config.model.model_name_or_path!r}: set it "
            f"to at most {positions - longest_prompt}",
        )
    if network.vocab_size < 2:
        raise RunError("model_invalid", "the model's vocabulary has fewer than two tokens")
