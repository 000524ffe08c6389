"""Jobs on checkpoints: what training left is evaluated, tried on a prompt and exported."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from ahora.config import EvaluateSpec, ExportSpec, SampleSpec, job_config
from ahora.facts import CurvePoint, RunFacts
from ahora.status import RunStatus
from tests.trainer.core.conftest import Run, merged
from worker.trainer.__main__ import main

Do = Callable[..., Run]
LORA = {"model": {"use_peft": True, "lora_r": 4}, "optimizer": {"learning_rate": 1e-2}}
IDS = torch.tensor([[4, 8, 2, 7, 1, 12, 6, 13, 3, 12, 6]])


@pytest.fixture
def do(run: Callable[..., Run], tmp_path: Path) -> Do:
    """Does a job on the newest checkpoint of a run."""

    def start(trained: Run, spec: Any, name: str, facts: RunFacts | None = None) -> Run:
        saved = trained.of("checkpoint")[-1]
        about = json.loads((trained.out / saved.path / "ahora.json").read_text())
        file = tmp_path / f"{name}.json"
        order = {
            "config": job_config(about["config"], spec).resolved(),
            "run_id": "job",
            "job": {
                "spec": spec.model_dump(mode="json"),
                "facts": facts and facts.model_dump(mode="json"),
            },
            "checkpoint": str(trained.out / saved.path),
        }
        file.write_text(json.dumps(order))
        out = tmp_path / name
        return Run(out, main([str(file), str(out)]))

    return start


def result(found: Run) -> Any:
    assert found.returncode == 0, found.events[-1]
    assert found.events[-1].status == RunStatus.COMPLETED
    (event,) = found.of("result")
    return event.result


@pytest.mark.parametrize("changes", [{}, LORA], ids=["full", "lora"])
def test_an_evaluation_gives_the_numbers_of_training(
    run: Callable[..., Run], do: Do, changes: dict[str, Any]
) -> None:
    evaluation = {"evaluation": {"num_samples": 2, "pass_k": [2]}}
    trained = run(merged(changes, evaluation))
    at_the_end = {k: v for k, v in trained.values()[3].items() if k.startswith("eval/")}
    found = do(trained, EvaluateSpec(), "same")
    same = result(found)
    assert same.metrics == at_the_end
    assert (same.problems, len(same.examples)) == (8, 8)
    solved = sum(each.correct for each in same.examples) / 8
    assert solved == same.metrics["eval/pass@1"]
    assert same.data["eval_sha256"] == trained.of("provenance")[0].values["data"]["eval_sha256"]
    assert found.of("provenance")

    other = EvaluateSpec.model_validate(
        {"data": {"kind": "multiplication", "digits": 3}, "num_examples": 5, "num_samples": 0}
    )
    three = result(do(trained, other, "other"))
    assert three.problems == 5
    assert "eval/pass@2" not in three.metrics
    assert all(len(each.prompt) == len("123*4=") for each in three.examples)


def test_a_prompt_is_completed_token_by_token(run: Callable[..., Run], do: Do) -> None:
    trained = run(LORA)
    spec = SampleSpec(prompt="48271*6=", num_completions=3, max_completion_length=12, seed=5)
    found = result(do(trained, spec, "first"))
    assert (found.prompt, found.prompt_tokens) == ("48271*6=", 8)
    assert len(found.completions) == 3
    for each in found.completions:
        lengths = {len(part) for part in (each.tokens, each.token_ids, each.entropy, each.logprob)}
        assert len(lengths) == 1
        assert "".join(token for token in each.tokens if token != "<eos>") == each.text
        assert all(logp <= 0 for logp in each.logprob)
    assert result(do(trained, spec, "again")) == found
    other = result(do(trained, spec.model_copy(update={"seed": 6}), "other"))
    assert other.completions != found.completions
    (greedy,) = result(do(trained, spec.model_copy(update={"greedy": True}), "greedy")).completions
    # the log-probabilities are the model's own
    saved = trained.out / trained.of("checkpoint")[-1].path
    base = AutoModelForCausalLM.from_pretrained(_base())
    model = PeftModel.from_pretrained(base, str(saved)).eval()
    prompt = AutoTokenizer.from_pretrained(saved)("48271*6=")["input_ids"]
    ids = torch.tensor([[*prompt, *greedy.token_ids]])
    with torch.no_grad():
        logp = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    expected = logp.gather(1, torch.tensor(greedy.token_ids)[:, None])[:, 0]
    torch.testing.assert_close(torch.tensor(greedy.logprob), expected, atol=1e-4, rtol=1e-4)


def test_a_prompt_the_model_cannot_read_is_refused(run: Callable[..., Run], do: Do) -> None:
    trained = run({"max_steps": 1})
    unknown = do(trained, SampleSpec(prompt="How are you?"), "unknown")
    assert unknown.returncode == 1
    assert unknown.events[-1].error_type == "prompt_invalid"
    assert "tokenizer cannot read" in unknown.events[-1].reason
    long = do(trained, SampleSpec(prompt="1" * 100), "long")
    assert long.events[-1].error_type == "config_invalid"
    assert "128 positions" in long.events[-1].reason


@pytest.mark.parametrize("changes", [{}, LORA], ids=["full", "lora"])
def test_a_merged_export_loads_with_plain_transformers(
    run: Callable[..., Run], do: Do, changes: dict[str, Any]
) -> None:
    trained = run(merged(changes, {"max_steps": 2}))
    saved = trained.out / trained.of("checkpoint")[-1].path
    facts = RunFacts(
        run_id="abc",
        run_name="A | name `with` <signs>",
        checkpoint_id="c1",
        steps=2,
        baseline_pass_at_1=0.125,
        curve=[CurvePoint(step=0, pass_at_1=0.125), CurvePoint(step=2, reward=0.5)],
        provenance=trained.of("provenance")[0].values,
    )
    found = do(trained, ExportSpec(), "merged", facts)
    told = result(found)
    (exported,) = found.of("checkpoint")
    folder = found.out / exported.path
    assert (exported.kind, exported.step) == ("model", 2)
    assert told.size == sum(file.size for file in exported.files)
    assert {file.path for file in exported.files} >= {
        "README.md", "ahora.json", "config.json", "generation_config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip

    if changes:
        theirs = PeftModel.from_pretrained(
            AutoModelForCausalLM.from_pretrained(_base()), str(saved)
        )
    else:
        theirs = AutoModelForCausalLM.from_pretrained(saved)
    ours = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        torch.testing.assert_close(
            ours.eval()(IDS).logits, theirs.eval()(IDS).logits, atol=1e-4, rtol=1e-4
        )
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["dtype"] == "float32"
    assert not [name for name in load_file(folder / "model.safetensors") if "lora" in name]
    generation = json.loads((folder / "generation_config.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert generation["eos_token_id"] == tokenizer.eos_token_id

    card = (folder / "README.md").read_text()
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "transformers"
    assert "# A \\| name `with` &lt;signs>, step 2" in card
    assert "| before training (zero-shot) | 0.125 |" in card
    assert facts.provenance["data"]["train_sha256"] in card
    assert "ahora launch ahora.json" in card
    # what the card says makes the run again: the file is a configuration as the command reads it
    assert json.loads((folder / "ahora.json").read_text())["config"]["max_steps"] == 2
    assert facts.provenance["host"] not in card

    half = result(do(trained, ExportSpec(dtype="bfloat16"), "half", facts))
    assert half.dtype == "bfloat16"


def test_an_adapter_is_exported_as_peft_loads_it(run: Callable[..., Run], do: Do) -> None:
    trained = run(merged(LORA, {"max_steps": 1}))
    found = do(trained, ExportSpec(what="adapter"), "adapter")
    told = result(found)
    (exported,) = found.of("checkpoint")
    assert exported.kind == "adapter"
    folder = found.out / exported.path
    weights = load_file(folder / "adapter_model.safetensors")
    assert told.parameters == sum(each.numel() for each in weights.values())
    PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(_base()), str(folder))
    assert 'library_name: "peft"' in (folder / "README.md").read_text()

    whole = run({"max_steps": 1}, name="whole")
    refused = do(whole, ExportSpec(what="adapter"), "refused")
    assert refused.events[-1].error_type == "export_impossible"


def test_a_checkpoint_that_does_not_fit_is_refused(run: Callable[..., Run], do: Do) -> None:
    trained = run(merged(LORA, {"max_steps": 1}))
    saved = trained.out / trained.of("checkpoint")[-1].path
    (saved / "adapter_model.safetensors").write_bytes(b"not safetensors")
    damaged = do(trained, EvaluateSpec(), "damaged")
    assert damaged.events[-1].error_type == "checkpoint_invalid"


def _base() -> Path:
    """Where the trainer found `tiny`."""
    (found,) = (Path(os.environ["AHORA_CACHE"]) / "models").glob("tiny-?-seed0")
    return found
