"""The numbers of a short run, as they were when they were last looked at.

They change with the sampler's draws and with the method, and then they are written anew, on purpose:
`AHORA_WRITE_GOLDEN=1 pytest tests/trainer/core/test_golden.py`. Another machine rounds differently, hence
the tolerance; a token that is drawn differently for it would change far more.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ahora.status import RunStatus
from worker.trainer.environment import Environment
from worker.trainer.models.tiny import _new_model, tiny_tokenizer

GOLDEN = Path(__file__).with_name("golden.json")
ABOUT: dict[str, Any] = {
    "model": {"model_name_or_path": "local:untrained"},
    "algorithm": {"name": "sa_ah_grpo", "alpha": 2.0, "beta": 0.05, "num_iterations": 2},
    "optimizer": {"learning_rate": 3e-3, "warmup_steps": 2},
    "evaluation": {"num_samples": 2, "pass_k": [2]},
    "logging": {"rollout_steps": 0},
    "max_steps": 4,
}


@pytest.fixture
def _untrained(environment: Environment) -> None:
    """A model whose weights follow from a seed on any machine."""
    assert environment.model_root is not None
    folder = environment.model_root / "untrained"
    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    _new_model(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@pytest.mark.usefixtures("_untrained")
def test_a_short_run_gives_the_numbers_it_always_gave(run: Callable[..., Any]) -> None:
    found = run(ABOUT)
    assert found.status() == (RunStatus.COMPLETED, "")
    if os.environ.get("AHORA_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found.steady(), indent=1) + "\n")
    golden = {int(step): values for step, values in json.loads(GOLDEN.read_text()).items()}
    assert found.steady().keys() == golden.keys()
    for step, values in golden.items():
        assert found.steady()[step] == pytest.approx(values, rel=1e-3, abs=1e-5), step
