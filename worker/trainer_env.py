"""The environment of a trainer: an allow-list, so that no secret of the worker reaches a run."""

from collections.abc import Mapping

ALLOWED = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "TOKENIZERS_PARALLELISM",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "AHORA_CACHE", "AHORA_MODEL_ROOT", "AHORA_DATA_ROOT", "AHORA_DATASETS",
    "AHORA_REWARD_FUNCTIONS",
})  # fmt: skip
"""Variables that pass as they are: what programs need to run, proxies and certificates of the hub, and
what `worker.trainer.environment` reads."""

ALLOWED_PREFIXES = (
    "LC_", "XDG_", "PYTHON", "HF_", "TRANSFORMERS_", "CUDA_", "NVIDIA_", "NCCL_", "TORCH",
    "PYTORCH_", "TRITON_", "VLLM_", "MKL_", "KMP_", "OPENBLAS_",
)  # fmt: skip
"""Families of variables of the libraries a trainer runs on."""


def waiting(environ: Mapping[str, str]) -> dict[str, str]:
    """How a trainer's OpenMP threads wait for each other, unless `environ` says it: actively for about
    a millisecond, then asleep.

    A token is sampled in hundreds of small products: two threads that sleep between them are no faster
    than one, and threads that never sleep stop everything when other programs want the cores.
    """
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    return {name: environ[name] for name in names if name in environ} or {"GOMP_SPINCOUNT": "20000"}


def trainer_environment(
    environ: Mapping[str, str], *, cuda_visible: str, threads: int
) -> dict[str, str]:
    """The environment of a trainer on the device `cuda_visible` (empty: CPU) with `threads`."""
    env = {
        name: value
        for name, value in environ.items()
        if name in ALLOWED or name.startswith(ALLOWED_PREFIXES)
    }
    return env | {
        "CUDA_VISIBLE_DEVICES": cuda_visible,
        "OMP_NUM_THREADS": str(threads),
        **waiting(environ),
        "MKL_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": env.get("TOKENIZERS_PARALLELISM", "false"),
        "PYTHONUNBUFFERED": "1",  # a line of output is shown when it is written
    }
