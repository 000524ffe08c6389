"""The `vllm` engine: a copy of the policy in vLLM, in this process.

The policy's weights are pushed into it in place after each step, without touching the disk, LoRA merged
on the way. Each completion is a request with a seed of its own and the prefix cache is emptied before
each batch, so that completions follow from the batch's prompts, seed and weights alone, whatever was
sampled before. What comes back is the log-probability under the distribution that vLLM drew from
(`processed_logprobs`): entropies are not the sampler's to know, so the policy is asked for them.

vLLM is imported by this file alone, and only when a run wants it: it changes torch and the process.
"""

import gc
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from pydantic import ValidationError
from transformers import PretrainedConfig

from ahora.config import RunConfig
from worker.trainer.errors import RunError
from worker.trainer.models import Policy
from worker.trainer.network import Network
from worker.trainer.order import derived_seed
from worker.trainer.rollout.samples import Samples
from worker.trainer.rollout.sampling import Sampling
from worker.trainer.rollout.weights import merged_weights
from worker.trainer.score import score

_BLOCK = 32
"""Tokens of a cache block on a CPU, whose kernels want multiples of 32; only whole ones are shared."""
_ROWS_ON_CPU = 256
"""Completions computed at once on a CPU, at most; the others wait."""
_VERIFIED_TOKENS = 16
_LARGEST_DIFFERENCE = 0.5
"""Median difference of log-probabilities (nats) over greedy tokens that rounding can explain: bfloat16
gave 0.01 to 0.05 on SmolLM2, and up to 3 at single tokens, weights that are not the policy's several."""


class VllmEngine:
    """A `RolloutEngine`."""

    def __init__(
        self, config: RunConfig, policy: Policy, network: Network, max_model_length: int
    ) -> None:
        """Start vLLM with room for sequences of `max_model_length` tokens.

        Its weights mean nothing before the first `sync`. Raises RunError `engine_failed`.
        """
        self._policy = policy
        self._network = network
        self._length = max_model_length
        self._sleeps = config.rollout.vllm_enable_sleep_mode and network.device.type == "cuda"
        self._asleep = False
        self._verified = False
        self._batches = 0
        self._folder = tempfile.TemporaryDirectory(prefix="ahora-vllm-")
        # dummy weights: the first `sync` brings the policy's, so that only the shape is read from disk
        network.model.config.save_pretrained(self._folder.name)
        with _contained(network.device):
            try:
                self._engine = _start(self._arguments(config))
            except torch.OutOfMemoryError:
                raise
            except (ValueError, RuntimeError, NotImplementedError, AssertionError) as error:
                raise RunError(
                    "engine_failed",
                    f"vLLM cannot run {config.model.model_name_or_path!r}: {_told(error)}. Set "
                    "rollout.engine to 'hf', or change what it names (its memory is "
                    "rollout.vllm_gpu_memory_utilization, its longest sequence "
                    "rollout.vllm_max_model_length)",
                ) from error

    def _arguments(self, config: RunConfig) -> dict[str, Any]:
        """Arguments of vLLM's `EngineArgs`."""
        rollout = config.rollout
        rows = max(rollout.generation_batch_size, config.evaluation.batch_size)
        arguments: dict[str, Any] = {
            "model": self._folder.name,
            "skip_tokenizer_init": True,
            "load_format": "dummy",
            "model_impl": "vllm",
            "generation_config": "vllm",  # nothing but what a request says
            "dtype": config.model.dtype,
            "max_model_len": self._length,
            "logprobs_mode": "processed_logprobs",
            "enable_prefix_caching": True,
            "gpu_memory_utilization": rollout.vllm_gpu_memory_utilization,
            "enable_sleep_mode": self._sleeps,
            "disable_log_stats": True,
            "seed": 0,
        }
        if self._network.device.type == "cpu":
            rows = min(rows, _ROWS_ON_CPU)
            needed = _cache_bytes(
                self._network.model.config, config.model.dtype, rows, self._length
            )
            allowed = rollout.vllm_gpu_memory_utilization * _machine_memory()
            arguments |= {
                # compiling takes a minute and more at each start and gave a third of speed
                "enforce_eager": True,
                "max_num_seqs": rows,
                "block_size": _BLOCK,
                # else it takes its share of the machine at once, whatever it needs
                "kv_cache_memory_bytes": int(min(needed, allowed)),
            }
        return arguments

    def sync(self) -> None:
        """See `RolloutEngine.sync`. Raises RunError `engine_failed` when vLLM is not the policy then."""
        if self._asleep:
            self._engine.wake_up(["weights"])
        self._engine.collective_rpc(
            "reload_weights", kwargs={"weights_iterator": merged_weights(self._policy.model)}
        )
        if self._asleep:
            self._engine.wake_up(["kv_cache"])
            self._asleep = False
        if not self._verified:
            self._verify()
            self._verified = True

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        num_generations: int,
        seed: int,
        check: Callable[[], None],
    ) -> Samples:
        """See `RolloutEngine.generate`. `check` is called before every token of the batch."""
        longest = max(map(len, prompts))
        if longest + sampling.max_length > self._length:
            raise RunError(
                "config_invalid",
                f"a prompt of {longest} tokens and a completion of {sampling.max_length} are longer than "
                f"vLLM's {self._length}: raise rollout.vllm_max_model_length",
            )
        self._engine.reset_prefix_cache()
        self._batches += 1
        given = [
            {"prompt_token_ids": list(prompt)} for prompt in prompts for _ in range(num_generations)
        ]
        found: list[Any] = [None] * len(given)
        running: list[str] = []
        try:
            for row, prompt in enumerate(given):
                parameters = self._parameters(sampling, derived_seed(seed, "completion", row))
                name = f"{self._batches}-{row}"  # no name may come again
                running.append(self._engine.add_request(name, prompt, parameters))
            while self._engine.has_unfinished_requests():
                check()
                for output in self._engine.step():
                    found[int(output.request_id.partition("-")[2])] = output.outputs[0]
        except BaseException:
            self._engine.abort_request(running, internal=True)
            raise
        return self._samples(found, sampling.max_length)

    def _parameters(self, sampling: Sampling, seed: int) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        return SamplingParams(
            temperature=0.0 if sampling.greedy else sampling.temperature,
            top_p=1.0 if sampling.greedy else sampling.top_p,
            top_k=0 if sampling.greedy else sampling.top_k,
            min_p=0.0 if sampling.greedy else sampling.min_p,
            seed=seed,
            max_tokens=sampling.max_length,
            stop_token_ids=self._policy.stop_token_ids,
            logprobs=0,  # of the chosen token alone
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _samples(self, completions: Sequence[Any], limit: int) -> Samples:
        """vLLM's `completions`, of at most `limit` tokens, as tensors on the policy's device."""
        device, pad = self._network.device, int(self._policy.tokenizer.pad_token_id)
        lists = [list(each.token_ids) for each in completions]
        T = max(map(len, lists))
        tokens = torch.full((len(lists), T), pad)
        mask = torch.zeros((len(lists), T), dtype=torch.bool)
        logprob = torch.zeros((len(lists), T))
        for row, (ids, completion) in enumerate(zip(lists, completions, strict=True)):
            tokens[row, : len(ids)] = torch.tensor(ids)
            mask[row, : len(ids)] = True
            logprob[row, : len(ids)] = torch.tensor(
                [at[token].logprob for at, token in zip(completion.logprobs, ids, strict=True)]
            )
        stops = set(self._policy.stop_token_ids)
        truncated = [len(ids) == limit and ids[-1] not in stops for ids in lists]
        if not bool(torch.isfinite(logprob).all()):
            raise RunError(
                "nan_loss",
                "the model's outputs are not numbers any more: lower optimizer.learning_rate, use "
                "model.dtype float32, or check the model's weights",
            )
        return Samples(
            tokens=tokens.to(device),
            mask=mask.to(device),
            logprob=logprob.to(device),
            entropy=torch.zeros_like(logprob, device=device),
            truncated=torch.tensor(truncated, device=device),
            policy_scores=False,
        )

    def _verify(self) -> None:
        """Check on a few tokens that vLLM computes what the policy does.

        vLLM passes over weights whose names it does not know. Also its first tokens take seconds, for
        which nothing else waits yet.
        """
        length = min(_VERIFIED_TOKENS, self._length // 2)
        # from all over the vocabulary: special tokens, which come first, make large activations
        prompt = [(7919 * place + 17) % self._network.vocab_size for place in range(length)]
        samples = self.generate(
            [prompt], Sampling(length, greedy=True), num_generations=1, seed=0, check=lambda: None
        )
        self._policy.model.eval()
        with torch.no_grad():
            scores = score(self._network, [prompt], samples.tokens, samples.mask, 1.0)
        difference = float((scores.logp - samples.logprob)[samples.mask].abs().median())
        if not difference <= _LARGEST_DIFFERENCE:
            raise RunError(
                "engine_failed",
                f"vLLM computes something else than the policy, {type(self._network.model).__name__} "
                f"(log-probabilities {difference:.2g} nats apart): set rollout.engine to 'hf'",
            )

    def rest(self) -> None:
        """With sleep mode on a GPU: give up weights and cache until the next `sync`."""
        if self._sleeps and not self._asleep:
            self._engine.sleep(level=2)
            self._asleep = True

    def close(self) -> None:
        """Free vLLM's memory and its process group, so that another engine may start."""
        from vllm.distributed import cleanup_dist_env_and_memory

        self._engine.engine_core.shutdown()
        del self._engine
        cleanup_dist_env_and_memory()
        gc.collect()
        self._folder.cleanup()


def _start(arguments: dict[str, Any]) -> Any:
    from vllm import EngineArgs
    from vllm.v1.engine.llm_engine import LLMEngine

    return LLMEngine.from_engine_args(EngineArgs(**arguments))


def _told(error: Exception) -> str:
    """The beginning of what vLLM says: the rest lists hundreds of models and settings."""
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")[:200]
    return str(error)[:500]


@contextmanager
def _contained(device: torch.device) -> Iterator[None]:
    """Keeps what starting vLLM does to this process away from the training."""
    threads, set_threads = torch.get_num_threads(), torch.set_num_threads
    variables = {
        # the engine must live where the weights are
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
        # else it goes down to one thread
        "OMP_NUM_THREADS": str(threads),
    }
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):  # it seeds the global generators
            yield
    finally:
        torch.set_num_threads = set_threads  # which it replaces by one that does nothing
        torch.set_num_threads(threads)


def _cache_bytes(config: PretrainedConfig, dtype: str, rows: int, length: int) -> int:
    """Memory for keys and values of `rows` sequences of `length` tokens."""
    heads = config.num_attention_heads
    key_heads = getattr(config, "num_key_value_heads", None) or heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    size = getattr(torch, dtype).itemsize
    a_token = 2 * config.num_hidden_layers * key_heads * width * size
    # one block more for the empty one that vLLM keeps, and one a sequence for what is half full
    return (rows * (math.ceil(length / _BLOCK) + 1) + 1) * _BLOCK * a_token


def _machine_memory() -> int:
    """Bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
